// SPDX-License-Identifier: Apache-2.0
//
// HandshakePool: where TLS handshakes are computed. One takes as long as ten wakes, with RSA thirty: done on a loop, a flood of them, or all
// devices coming back at once, would make those wait who have waited all along.
//
// Threads:    Start and Stop where the server is made and destroyed; Run on any loop, between the two.
// Cost:       two changes of thread for each work, one when there is more to do.
// Invariants: (1) work runs in the order of the calls, on threads that stand back when a loop wants the processor;
//             (2) after Stop none runs, and what had not begun never does.
// Example:    pool.Start(2); pool.Run([self = shared_from_this()] { self->Compute(); });

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_HANDSHAKE_POOL_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_HANDSHAKE_POOL_H_

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>

namespace mailwake::internal {

class HandshakePool {
 public:
  ~HandshakePool() { Stop(); }

  // 0: there is none, and the loops compute.
  void Start(std::size_t threads) {
    if (threads > 0) threads_.emplace(threads);
  }
  void Stop() {
    if (!threads_) return;
    threads_->stop();
    threads_->join();
    threads_.reset();  // what has not begun goes, and with it what that keeps alive
  }
  bool started() const { return threads_.has_value(); }

  template <typename Work>
  void Run(Work work) {
    boost::asio::post(*threads_, [work = std::move(work)]() mutable {
      StandBack();
      work();
      std::this_thread::yield();
    });
  }

 private:
  // The calling thread, from its first work on.
  static void StandBack();

  std::optional<boost::asio::thread_pool> threads_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_HANDSHAKE_POOL_H_
