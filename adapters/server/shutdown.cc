// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/shutdown.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <utility>

#include "adapters/server/log.h"

namespace mailwake::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLook{20};      // how often it is looked whether the last answer is out
constexpr seconds kAfterDrain{2};      // for the last answers to be written
constexpr seconds kStorePatience{15};  // for the store to become durable

const char* SignalName(int signal) { return signal == SIGTERM ? "SIGTERM" : "SIGINT"; }

}  // namespace

Shutdown::Shutdown(boost::asio::io_context& main, Engine& engine, HttpsServer& server, FrontState& front_state, seconds drain, Done done)
    : main_(main),
      engine_(engine),
      server_(server),
      front_state_(front_state),
      drain_(drain),
      done_(std::move(done)),
      signals_(main, SIGTERM, SIGINT),
      timer_(main) {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (!error) OnSignal(signal);
  });
}

void Shutdown::OnSignal(int signal) {
  if (began_) {
    LogError("a second signal: ending at once");
    ::_exit(1);
  }
  began_ = true;
  signals_.async_wait([this](boost::system::error_code error, int again) {
    if (!error) OnSignal(again);
  });
  LogInfo(absl::StrCat(SignalName(signal), ": answering ", engine_.stats().pings_held, " PINGs within ", drain_.count(), " s (drain_s)"));
  server_.StopAccepting();
  engine_.Drain(drain_);
  give_up_ = std::chrono::steady_clock::now() + drain_ + kAfterDrain;
  AwaitAnswers();
}

void Shutdown::AwaitAnswers() {
  const bool answered = engine_.stats().pings_held == 0 && server_.stats().connections == 0;
  if (answered || std::chrono::steady_clock::now() >= give_up_) {
    if (!answered) LogWarning(absl::StrCat(server_.stats().connections, " connections did not end in time: closing them"));
    server_.Close();
    return AwaitStore();
  }
  timer_.expires_after(kLook);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) AwaitAnswers();
  });
}

void Shutdown::AwaitStore() {
  timer_.expires_after(kStorePatience);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Finish(false);
  });
  engine_.Flush([this] {
    // The front end's saves are done in the order of the calls: when this one is, so are those before it.
    front_state_.Save({.front = "server", .mailbox = "shutdown", .device = {}}, {},
                      [this](absl::Status) { boost::asio::post(main_, [this] { Finish(true); }); });
  });
}

void Shutdown::Finish(bool clean) {
  if (!done_) return;
  timer_.cancel();
  std::exchange(done_, nullptr)(clean);
}

}  // namespace mailwake::server
