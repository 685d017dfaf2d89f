// SPDX-License-Identifier: Apache-2.0
//
// Listener: accepts connections on the first loop and hands them out to all loops in turn. One listening socket, so that a second server on
// the same address is refused by the kernel, and the loops get equally many.
//
// Threads:    the first loop's, but for the constructor.
// Invariants: a connection over a limit is closed at once and counted; with no descriptor left it waits and tries again.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_LISTENER_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_LISTENER_H_

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/fronts/https/file_descriptor.h"
#include "adapters/fronts/https/loop.h"

namespace mailwake::internal {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(FileDescriptor socket, std::vector<std::shared_ptr<Loop>> loops, std::shared_ptr<ServerState> server);

  void Start();
  void Stop();
  // Stops; the socket listens on. Nothing, if it was stopped.
  FileDescriptor Release();
  // The opposite.
  void Resume(FileDescriptor socket);

 private:
  void Own(FileDescriptor socket);
  void Wait();
  void AcceptAll();
  void Pause();
  void Take(FileDescriptor socket, const PeerAddress& peer);

  const std::vector<std::shared_ptr<Loop>> loops_;
  const std::shared_ptr<ServerState> server_;
  std::optional<boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>> socket_;
  std::optional<boost::asio::steady_timer> pause_;
  std::size_t next_ = 0;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_LISTENER_H_
