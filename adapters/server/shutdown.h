// SPDX-License-Identifier: Apache-2.0
//
// Shutdown: from the first SIGTERM or SIGINT to the moment when nothing waits any more.
//
// Stops accepting, drains the engine, waits until every answer is on its way, then until everything is durable. A second signal ends the
// process at once. Or from the moment when the next server asks for this one's place: then first everything is made durable and given
// away, and the answers follow once the next server serves, so that devices come to a server that is there.
//
// Threads:    on the main loop.
// Invariants: (1) `done` runs once, on the main loop;
//             (2) until the store is given away this server can go on, and does if the next one went away or the disk is too slow.

#ifndef MAILWAKE_SERVER_SHUTDOWN_H_
#define MAILWAKE_SERVER_SHUTDOWN_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "mailwake/adapters/front_state.h"
#include "mailwake/adapters/https_server.h"
#include "mailwake/engine.h"

namespace mailwake::server {

class Shutdown {
 public:
  enum class End { kClean, kNotDurable, kNobodyServes };
  using Done = std::function<void(End end)>;
  struct NextServer {
    std::function<bool()> still_waits;
    // Everything is durable: the store is nobody's from then on, and the listening socket is the callee's. To be followed by Followed.
    std::function<void(int socket)> release;
  };

  Shutdown(boost::asio::io_context& main, Engine& engine, HttpsServer& server, FrontState& front_state, std::chrono::seconds drain,
           Done done);

  // False: this server is ending already, or another one has asked.
  bool HandOver(NextServer next);
  // Whether the server that got the place serves.
  void Followed(bool serves);
  bool began() const { return state_ != State::kServing; }

 private:
  enum class State { kServing, kAsked, kGiven, kEnding };

  void AwaitSignal();
  void OnSignal(int signal);
  void Drain(const char* why, std::chrono::seconds drain);
  void AwaitRequests(std::chrono::steady_clock::time_point until);
  void GiveAway(bool durable);
  void AwaitAnswers(End end);
  void AwaitStore(std::function<void(bool durable)> then);
  void Finish(End end);

  boost::asio::io_context& main_;
  Engine& engine_;
  HttpsServer& server_;
  FrontState& front_state_;
  const std::chrono::seconds drain_;
  Done done_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point give_up_{};
  State state_ = State::kServing;
  bool signalled_ = false;
  NextServer next_;  // kAsked
  int socket_ = -1;  // kAsked
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SHUTDOWN_H_
