// SPDX-License-Identifier: Apache-2.0
//
// HandshakePool: where TLS handshakes are computed. One takes as long as ten wakes, with RSA thirty: done on a loop, a flood of them, or
// all devices coming back at once, would make those wait who have waited all along.
//
// Threads:    Start and Stop where the server is made and destroyed; Run on any loop, between the two.
// Cost:       two changes of thread for each work, one when there is more to do.
// Invariants: (1) work begins in the order of the calls, on threads that stand back when a loop wants the processor;
//             (2) after Stop none runs, and what had not begun never does.
// Example:    pool.Start(2); pool.Run([self = shared_from_this()] { self->Compute(); });

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_HANDSHAKE_POOL_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_HANDSHAKE_POOL_H_

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace mailwake::internal {

class HandshakePool {
 public:
  ~HandshakePool() { Stop(); }

  // So many threads, or as many as the system gives. None: the loops compute.
  void Start(std::size_t threads);
  void Stop();
  bool started() const { return !threads_.empty(); }
  // Work that has not begun.
  std::size_t waiting() const { return waiting_; }

  template <typename Work>
  void Run(Work work) {
    ++waiting_;
    boost::asio::post(*queue_, [this, work = std::move(work)]() mutable {
      --waiting_;
      work();
      std::this_thread::yield();  // else whoever woke meanwhile on this processor waits for a whole time slice
    });
  }

 private:
  std::optional<boost::asio::io_context> queue_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_HANDSHAKE_POOL_H_
