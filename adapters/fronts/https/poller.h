// SPDX-License-Identifier: Apache-2.0
//
// Poller: the sockets of one event loop in an epoll of their own, edge by edge (epoll(7)). A socket is registered once; waiting for it
// again is no call, no allocation and no handler.
//
// Threads:    one loop's.
// Cost:       one wait in the event loop for all sockets; up to kMostAtOnce events a turn.
// Invariants: (1) after Remove a Watched is not called any more, not even for what was reported already;
//             (2) an edge is told once: who was told reads until nothing is left, or knows that nothing is.
// Example:    poller.Add(fd, *this);  ... void Ready(std::uint32_t events) override;  ... poller.Remove(fd, *this);

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_POLLER_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_POLLER_H_

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace mailwake::internal {

class Poller : public std::enable_shared_from_this<Poller> {
 public:
  class Watched {
   public:
    // EPOLLIN and so on.
    virtual void Ready(std::uint32_t events) = 0;

   protected:
    ~Watched() = default;
  };

  explicit Poller(boost::asio::io_context& io);

  // False: the system has no room for it.
  bool Add(int fd, Watched& watched);
  // REQUIRES: fd is open.
  void Remove(int fd, Watched& watched);
  // The event loop is not touched any more.
  void Detach() { epoll_.reset(); }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  static constexpr std::size_t kMostAtOnce = 256;

  void Wait();
  void Turn();

  std::unique_ptr<Descriptor> epoll_;
  bool waiting_ = false;
  std::array<epoll_event, kMostAtOnce> events_;
  std::span<epoll_event> told_;  // of events_, not yet passed on
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_POLLER_H_
