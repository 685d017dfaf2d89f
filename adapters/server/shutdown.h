// SPDX-License-Identifier: Apache-2.0
//
// Shutdown: from the first SIGTERM or SIGINT to the moment when nothing waits any more.
//
// Stops accepting, drains the engine, waits until every answer is on its way, then until everything is durable. A second signal ends the
// process at once.
//
// Threads:    on the main loop.
// Invariants: `done` runs once, on the main loop.

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
  using Done = std::function<void(bool clean)>;

  Shutdown(boost::asio::io_context& main, Engine& engine, HttpsServer& server, FrontState& front_state, std::chrono::seconds drain,
           Done done);

 private:
  void OnSignal(int signal);
  void AwaitAnswers();
  void AwaitStore();
  void Finish(bool clean);

  boost::asio::io_context& main_;
  Engine& engine_;
  HttpsServer& server_;
  FrontState& front_state_;
  const std::chrono::seconds drain_;
  Done done_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point give_up_{};
  bool began_ = false;
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SHUTDOWN_H_
