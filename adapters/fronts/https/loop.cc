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
constexpr std::chrono::seconds kPatience{2};  // with a handshake, when places have run out
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

void Loop::Adopt(FileDescriptor socket, const PeerAddress& peer, bool full) {
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer);
  const bool room = !full || CloseAStranger();
  if (!room) server_->refused.Add();
  if (refusing_ || !room) return connection->Close(Gone::kDrop);
  connection->Start();
}

// Who has been there longest and shown least: by then an honest peer has sent a request.
bool Loop::CloseAStranger() {
  ConnectionLists::List& strangers = lists_.list(ConnectionState::kStranger);
  ConnectionLists::List& handshakes = lists_.list(ConnectionState::kHandshake);
  const auto late = ConnectionLists::Clock::now() + server_->options.handshake_timeout - kPatience;
  ConnectionLists::List* const from = !strangers.empty()                                      ? &strangers
                                      : !handshakes.empty() && handshakes.front().due <= late ? &handshakes
                                                                                              : nullptr;
  if (from == nullptr) return false;
  server_->shed.Add();
  static_cast<Connection&>(from->front()).Close(Gone::kDrop);
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
