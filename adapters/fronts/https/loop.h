// SPDX-License-Identifier: Apache-2.0
//
// Loop: the connections of one event loop, and what they share: deadlines, a buffer to read into, the date.
//
// Threads:    Post and PostOrRun from any thread; all else on the loop, or where it does not run.
// Cost:       one timer, about once a second, and only while there is something to time.
// Invariants: after Detach nobody touches the io_context, whoever still holds an exchange.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_LOOP_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_LOOP_H_

#include <absl/functional/any_invocable.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/fronts/https/connection_lists.h"
#include "adapters/fronts/https/file_descriptor.h"
#include "adapters/fronts/https/poller.h"
#include "adapters/fronts/https/request_reader.h"
#include "adapters/fronts/https/server_state.h"

namespace mailwake::internal {

class Connection;

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  using Work = absl::AnyInvocable<void()>;

  // `reading_bytes`: how much the requests that are being read on this loop may hold together.
  Loop(const HttpsLoop& loop, std::shared_ptr<ServerState> server, std::size_t reading_bytes);

  // False: the server is gone, and `work` is as it was.
  bool Post(Work& work);
  // Once the server is gone nothing runs here any more: then at once.
  void PostOrRun(Work work);
  // This is the loop's thread, or the server is gone.
  bool IsHere();
  // At once if it is.
  void DispatchOrRun(Work work) { IsHere() ? work() : PostOrRun(std::move(work)); }

  // A connection that was accepted and counted. If there are too many with it, it has a place only if somebody goes who is not known.
  void Adopt(FileDescriptor socket, const PeerAddress& peer);
  void Place(Connection& connection, ConnectionState state);
  void Remove(Connection& connection);
  // The requests that are being read hold that much more, or less. False: too much.
  bool CountReading(std::ptrdiff_t bytes);
  // Most requests are read in one go, one after the other: they share a reader.
  std::unique_ptr<RequestReader> TakeReader();
  void GiveBack(std::unique_ptr<RequestReader> reader);

  Poller& poller() { return *poller_; }

  // Closes those that wait for a request; the others once answered. Drain: those in their handshake too.
  void CloseIdle();
  void Resume();  // after CloseIdle
  void Drain();
  enum class Gone { kTell, kDrop };
  void CloseAll(Gone gone);
  void Detach();

  boost::asio::io_context& io() { return *io_; }
  LoopId id() const { return id_; }
  ServerState& server() { return *server_; }
  bool draining() const { return draining_; }
  // kReadSize bytes that are free between two handlers.
  char* buffer() { return buffer_.data(); }
  std::string_view date();

 private:
  bool CloseAStranger();
  void ArmSweep();
  void Sweep();
  void CloseAllIn(ConnectionState state, Gone gone);

  boost::asio::io_context* const io_;
  const LoopId id_;
  const std::shared_ptr<ServerState> server_;
  const std::size_t reading_limit_;

  Mutex gate_;
  bool open_ ABSL_GUARDED_BY(gate_) = true;

  // The loop's own.
  const std::shared_ptr<Poller> poller_;
  ConnectionLists lists_;
  std::optional<boost::asio::steady_timer> timer_;
  ConnectionLists::Clock::time_point held_checked_{};
  bool sweep_more_ = false;  // some are late still
  bool sweep_armed_ = false;
  bool draining_ = false;  // what was answered is closed
  bool refusing_ = false;  // what was accepted a moment ago, too
  std::size_t reading_ = 0;
  std::unique_ptr<RequestReader> spare_reader_;
  std::vector<char> buffer_;
  std::time_t date_time_ = 0;
  std::string date_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_LOOP_H_
