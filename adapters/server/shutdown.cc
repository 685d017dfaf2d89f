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
constexpr seconds kRequests{2};        // for requests that were being answered when the next server came
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
  AwaitSignal();
}

void Shutdown::AwaitSignal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (!error) OnSignal(signal);
  });
}

void Shutdown::OnSignal(int signal) {
  if (began_ && !handing_over_) {
    LogError("a second signal: ending at once");
    ::_exit(1);
  }
  AwaitSignal();
  if (std::exchange(handing_over_, false)) return LogInfo(absl::StrCat(SignalName(signal), ": this server is ending already"));
  began_ = true;
  server_.StopAccepting();
  Drain(SignalName(signal));
  AwaitAnswers();
}

void Shutdown::Drain(const char* why) {
  LogInfo(absl::StrCat(why, ": answering ", engine_.stats().pings_held, " PINGs within ", drain_.count(), " s (drain_s)"));
  engine_.Drain(drain_);
  give_up_ = std::chrono::steady_clock::now() + drain_ + kAfterDrain;
}

bool Shutdown::HandOver(Release release) {
  if (began_) return false;
  began_ = handing_over_ = true;
  const int socket = server_.TakeSocket();
  Drain("the next server takes over");
  AwaitRequests(std::chrono::steady_clock::now() + kRequests, std::move(release), socket);
  return true;
}

void Shutdown::AwaitRequests(std::chrono::steady_clock::time_point until, Release release, int socket) {
  const bool answered = server_.stats().connections <= engine_.stats().pings_held;
  if (answered || std::chrono::steady_clock::now() >= until) {
    server_.StopAccepting();  // whoever has not asked by now
    return AwaitStore([this, release = std::move(release), socket] {
      store_gone_ = true;
      release(socket);
      AwaitAnswers();
    });
  }
  timer_.expires_after(kLook);
  timer_.async_wait([this, until, release = std::move(release), socket](boost::system::error_code error) {
    if (!error) AwaitRequests(until, release, socket);
  });
}

void Shutdown::AwaitAnswers() {
  const bool answered = engine_.stats().pings_held == 0 && server_.stats().connections == 0;
  if (answered || std::chrono::steady_clock::now() >= give_up_) {
    if (!answered) LogWarning(absl::StrCat(server_.stats().connections, " connections did not end in time: closing them"));
    server_.Close();
    if (store_gone_) return Finish(true);
    return AwaitStore([this] { Finish(true); });
  }
  timer_.expires_after(kLook);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) AwaitAnswers();
  });
}

void Shutdown::AwaitStore(std::function<void()> then) {
  timer_.expires_after(kStorePatience);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) Finish(false);
  });
  engine_.Flush([this, then = std::move(then)] {
    // The front end's saves are done in the order of the calls: when this one is, so are those before it.
    front_state_.Save({.front = "server", .mailbox = "shutdown", .device = {}}, {}, [this, then](absl::Status) {
      boost::asio::post(main_, [this, then] {
        timer_.cancel();
        then();
      });
    });
  });
}

void Shutdown::Finish(bool clean) {
  if (!done_) return;
  timer_.cancel();
  std::exchange(done_, nullptr)(clean);
}

}  // namespace mailwake::server
