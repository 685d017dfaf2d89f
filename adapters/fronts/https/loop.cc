// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "adapters/fronts/https/connection.h"
#include "adapters/fronts/https/response_text.h"

namespace mailwake::internal {
namespace {

constexpr std::chrono::milliseconds kSweepPeriod{1000};
constexpr int kMostExpired = 16;  // in one turn
constexpr std::chrono::seconds kPause{1};
constexpr std::chrono::seconds kPatience{2};  // with whoever is not known, when places have run out
constexpr int kMostLookedAt = 64;             // that are known, on the way to one that is not
constexpr std::chrono::seconds kLingerTimeout{3};

// In the order of ConnectionState.
std::array<std::chrono::seconds, kTimedStates> Timeouts(const HttpsOptions& options) {
  return {options.handshake_timeout,
          options.stranger_timeout,
          options.idle_timeout,
          options.request_timeout,
          options.write_timeout,
          kLingerTimeout,
          kPause};
}

}  // namespace

Loop::Loop(const HttpsLoop& loop, std::shared_ptr<ServerState> server, std::size_t reading_bytes)
    : io_(loop.io),
      id_(loop.id),
      server_(std::move(server)),
      reading_limit_(reading_bytes),
      poller_(std::make_shared<Poller>(*loop.io)),
      lists_(Timeouts(server_->options)),
      buffer_(kReadSize) {
  timer_.emplace(*io_);
}

bool Loop::Post(Work& work) {
  MutexLock lock(gate_);
  if (!open_) return false;
  boost::asio::post(*io_, std::move(work));
  return true;
}

void Loop::PostOrRun(Work work) {
  if (!Post(work)) work();
}

bool Loop::IsHere() {
  MutexLock lock(gate_);
  return !open_ || io_->get_executor().running_in_this_thread();
}

void Loop::Adopt(FileDescriptor socket, const PeerAddress& peer) {
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer);
  const bool full = server_->connections.get() > server_->options.max_connections;  // this one is counted
  if (full && !CloseAStranger()) {
    server_->refused.Add();
    return connection->Close(Gone::kDrop);
  }
  server_->accepted.Add();
  if (refusing_) return connection->Close(Gone::kDrop);
  connection->Start();
}

// The one that has been longest where it is, among those that nobody is known on: by then an honest peer has gone on. Of this loop's, as
// newcomers are dealt to all.
bool Loop::CloseAStranger() {
  using State = ConnectionState;
  Listed* oldest = nullptr;
  ConnectionLists::Clock::time_point since = ConnectionLists::Clock::now() - kPatience;
  for (const State state : {State::kHandshake, State::kStranger, State::kReading, State::kWriting, State::kLingering, State::kPaused}) {
    int looked_at = 0;
    for (Listed& listed : lists_.list(state)) {
      const bool known = static_cast<Connection&>(listed).known();
      if (known && ++looked_at < kMostLookedAt) continue;
      if (!known && lists_.Since(listed) < since) {
        oldest = &listed;
        since = lists_.Since(listed);
      }
      break;
    }
  }
  if (oldest == nullptr) return false;
  server_->shed.Add();
  static_cast<Connection*>(oldest)->Close(Gone::kDrop);
  return true;
}

void Loop::Place(Connection& connection, ConnectionState state) {
  lists_.Place(connection, state, ConnectionLists::Clock::now());
  ArmSweep();
}

void Loop::Remove(Connection& connection) { lists_.Remove(connection); }

bool Loop::CountReading(std::ptrdiff_t bytes) {
  reading_ += static_cast<std::size_t>(bytes);
  return reading_ <= reading_limit_;
}

std::unique_ptr<RequestReader> Loop::TakeReader() {
  if (spare_reader_ != nullptr) return std::move(spare_reader_);
  const HttpsOptions& options = server_->options;
  return std::make_unique<RequestReader>(RequestLimits{.header_bytes = options.max_header_bytes, .body_bytes = options.max_body_bytes});
}

void Loop::GiveBack(std::unique_ptr<RequestReader> reader) {
  if (reader == nullptr || spare_reader_ != nullptr) return;
  reader->Restart();
  spare_reader_ = std::move(reader);
}

void Loop::ArmSweep() {
  if (sweep_armed_ || !timer_.has_value() || !lists_.WantsSweep()) return;
  sweep_armed_ = true;
  timer_->expires_after(sweep_more_ ? std::chrono::milliseconds(1) : kSweepPeriod);
  timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    auto self = weak.lock();
    if (self == nullptr || ec) return;
    self->Sweep();
    self->sweep_armed_ = false;
    self->ArmSweep();
  });
}

void Loop::Sweep() {
  const auto now = ConnectionLists::Clock::now();
  // Thousands may be late at once, as they came at once: others are served in between.
  Listed* late = lists_.Expired(now);
  for (int expired = 0; late != nullptr && expired < kMostExpired; ++expired, late = lists_.Expired(now)) {
    static_cast<Connection*>(late)->Expire();
  }
  sweep_more_ = late != nullptr;
  if (now - held_checked_ < kSweepPeriod) return;
  held_checked_ = now;
  std::vector<std::shared_ptr<Connection>> held;
  for (Listed& listed : lists_.list(ConnectionState::kHeld)) held.push_back(static_cast<Connection&>(listed).shared_from_this());
  for (const auto& connection : held) connection->CheckHeld();
}

void Loop::CloseIdle() {
  draining_ = true;
  CloseAllIn(ConnectionState::kIdle, Gone::kDrop);
  CloseAllIn(ConnectionState::kStranger, Gone::kDrop);
  CloseAllIn(ConnectionState::kPaused, Gone::kDrop);
}

void Loop::Resume() { draining_ = false; }

void Loop::Drain() {
  refusing_ = true;
  CloseIdle();
  CloseAllIn(ConnectionState::kHandshake, Gone::kDrop);
}

void Loop::CloseAll(Gone gone) {
  draining_ = refusing_ = true;
  for (std::size_t i = 0; i < kConnectionStates; ++i) CloseAllIn(static_cast<ConnectionState>(i), gone);
}

void Loop::CloseAllIn(ConnectionState state, Gone gone) {
  ConnectionLists::List& list = lists_.list(state);
  while (!list.empty()) static_cast<Connection&>(list.front()).Close(gone);
}

void Loop::Detach() {
  timer_.reset();
  poller_->Detach();
  MutexLock lock(gate_);
  open_ = false;
}

std::string_view Loop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_time_) {
    date_time_ = now;
    date_ = HttpDate(now);
  }
  return date_;
}

}  // namespace mailwake::internal
