// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/shutdown.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <memory>
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
  if (std::exchange(signalled_, true)) {
    LogError("a second signal: ending at once");
    ::_exit(1);
  }
  AwaitSignal();
  if (state_ == State::kGiven) return LogInfo(absl::StrCat(SignalName(signal), ": this server is ending already"));
  if (state_ == State::kAsked) ::close(socket_);
  next_ = {};
  state_ = State::kEnding;
  server_.StopAccepting();
  Drain(SignalName(signal), drain_);
  AwaitAnswers(End::kClean);
}

void Shutdown::Drain(const char* why, seconds drain) {
  LogInfo(absl::StrCat(why, ": answering ", engine_.stats().pings_held, " PINGs within ", drain.count(), " s (drain_s)"));
  engine_.Drain(drain);
  give_up_ = std::chrono::steady_clock::now() + drain + kAfterDrain;
}

bool Shutdown::HandOver(NextServer next) {
  if (began()) return false;
  LogInfo("the next server asks for this one's place");
  state_ = State::kAsked;
  next_ = std::move(next);
  socket_ = server_.TakeSocket();
  AwaitRequests(std::chrono::steady_clock::now() + kRequests);
  return true;
}

void Shutdown::AwaitRequests(std::chrono::steady_clock::time_point until) {
  if (state_ != State::kAsked) return;
  const bool answered = server_.stats().connections <= engine_.stats().pings_held;
  if (answered || std::chrono::steady_clock::now() >= until) return AwaitStore([this](bool durable) { GiveAway(durable); });
  timer_.expires_after(kLook);
  timer_.async_wait([this, until](boost::system::error_code error) {
    if (!error) AwaitRequests(until);
  });
}

void Shutdown::GiveAway(bool durable) {
  if (state_ != State::kAsked) return;
  const NextServer next = std::exchange(next_, {});
  if (!durable || !next.still_waits()) {
    LogWarning(absl::StrCat("this server goes on: ", durable ? "the next one went away" : "the store did not become durable in time"));
    server_.GiveBack(socket_);
    state_ = State::kServing;
    return;
  }
  state_ = State::kGiven;
  server_.StopAccepting();  // whoever has not asked by now
  next.release(socket_);
}

void Shutdown::Followed(bool serves) {
  if (serves) {
    Drain("the next server serves", drain_);
  } else {
    LogError("the server that took over ended before it served: nobody serves now; see its log, and start one");
    Drain("ending", seconds(0));
  }
  AwaitAnswers(serves ? End::kClean : End::kNobodyServes);
}

void Shutdown::AwaitAnswers(End end) {
  const bool answered = engine_.stats().pings_held == 0 && server_.stats().connections == 0;
  if (answered || std::chrono::steady_clock::now() >= give_up_) {
    if (!answered) LogWarning(absl::StrCat(server_.stats().connections, " connections did not end in time: closing them"));
    server_.Close();
    if (state_ == State::kGiven) return Finish(end);
    return AwaitStore([this, end](bool durable) { Finish(durable ? end : End::kNotDurable); });
  }
  timer_.expires_after(kLook);
  timer_.async_wait([this, end](boost::system::error_code error) {
    if (!error) AwaitAnswers(end);
  });
}

// `then` runs once: when all is durable, or when that takes too long.
void Shutdown::AwaitStore(std::function<void(bool)> then) {
  const auto once = std::make_shared<std::function<void(bool)>>(std::move(then));
  const auto patience = std::make_shared<boost::asio::steady_timer>(main_, kStorePatience);
  const auto end = [once, patience](bool durable) {
    patience->cancel();
    if (*once) std::exchange(*once, nullptr)(durable);
  };
  patience->async_wait([end](boost::system::error_code error) {
    if (!error) end(false);
  });
  engine_.Flush([this, end] {
    // The front end's saves are done in the order of the calls: when this one is, so are those before it.
    front_state_.Save({.front = "server", .mailbox = "shutdown", .device = {}}, {},
                      [this, end](const absl::Status&) { boost::asio::post(main_, [end] { end(true); }); });
  });
}

void Shutdown::Finish(End end) {
  if (done_) std::exchange(done_, nullptr)(end);
}

}  // namespace mailwake::server
