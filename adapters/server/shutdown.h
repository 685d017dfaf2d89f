// SPDX-License-Identifier: Apache-2.0
//
// Shutdown: from the first SIGTERM or SIGINT to the moment when nothing waits any more.
//
// Stops accepting, drains the engine, waits until every answer is on its way, then until everything is durable. A second signal ends the
// process at once. Or from the moment when the next server asks for this one's place: then first everything is made durable and given
// away, and the rest of the time goes to the answers.
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
  using Release = std::function<void(int socket)>;

  Shutdown(boost::asio::io_context& main, Engine& engine, HttpsServer& server, FrontState& front_state, std::chrono::seconds drain,
           Done done);

  // `release` runs when nothing but PINGs waits and everything is durable: the store is nobody's from then on, and the listening socket is
  // the caller's. False: this server is ending already.
  bool HandOver(Release release);

 private:
  void AwaitSignal();
  void OnSignal(int signal);
  void Drain(const char* why);
  void AwaitRequests(std::chrono::steady_clock::time_point until, Release release, int socket);
  void AwaitAnswers();
  void AwaitStore(std::function<void()> then);
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
  bool handing_over_ = false;
  bool store_gone_ = false;
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SHUTDOWN_H_
