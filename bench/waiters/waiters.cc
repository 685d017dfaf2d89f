// SPDX-License-Identifier: Apache-2.0

#include "bench/waiters/waiters.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>
#include <utility>

namespace mailwake::waiters {

using fleet::HttpReply;
using fleet::Instant;
using fleet::Now;

Waiters::Waiters(boost::asio::io_context& io, const fleet::Target& target, const Speech& speech, const std::string& token,
                 WaiterIndex count, std::size_t publishers)
    : io_(io), target_(target), speech_(speech), waiters_(count), order_(count) {
  std::iota(order_.begin(), order_.end(), 0);
  std::shuffle(order_.begin(), order_.end(), std::mt19937(1));
  for (std::size_t i = 0; i < publishers; ++i) {
    publishers_.push_back(std::make_unique<fleet::ApiClient>(io_, target_, token, [this](std::string why) { trouble_ = std::move(why); }));
  }
}

void Waiters::Connect(std::size_t at_once) {
  for (std::size_t i = 0; i < at_once; ++i) ConnectNext();
}

void Waiters::ConnectNext() {
  if (next_ == waiters_.size()) return;
  const WaiterIndex index = next_++;
  auto connection = std::make_shared<fleet::Connection>(io_, target_);
  waiters_[index].connection = connection;
  connection->Open([this, index](const absl::Status& opened) {
    if (opened.ok()) {
      Ask(index);
    } else {
      trouble_ = std::string(opened.message());
      ++counts_.other_answers;
    }
    ConnectNext();
  });
}

void Waiters::Ask(WaiterIndex index) {
  Waiter& waiter = waiters_[index];
  waiter.woken = fleet::kNever;
  waiter.waits = true;
  ++waiting_;
  waiter.connection->Send(speech_.Wait(index), [this, index](const absl::StatusOr<HttpReply>& reply) { Answered(index, reply); });
}

void Waiters::Answered(WaiterIndex index, const absl::StatusOr<HttpReply>& reply) {
  const Instant now = Now();
  Waiter& waiter = waiters_[index];
  waiter.waits = false;
  --waiting_;
  if (reply.ok() && speech_.IsOver(*reply) && waiter.woken == fleet::kNever) {
    ++counts_.over;
    return Ask(index);
  }
  if (!reply.ok() || !speech_.IsNews(*reply) || waiter.woken == fleet::kNever) {
    trouble_ = reply.ok() ? "HTTP " + std::to_string(reply->status) + ", and no news" : std::string(reply.status().message());
    ++counts_.other_answers;
    return;
  }
  --owed_;
  ++counts_.news;
  counts_.latency.Record(std::chrono::duration_cast<fleet::Histogram::Micros>(now - waiter.woken));
  Ask(index);
}

fleet::ApiClient* Waiters::FreePublisher() {
  const auto found = std::ranges::find_if(publishers_, [](const auto& client) { return !client->busy(); });
  return found == publishers_.end() ? nullptr : found->get();
}

bool Waiters::busy() const {
  return owed_ > 0 || std::ranges::any_of(publishers_, [](const auto& client) { return client->busy(); });
}

std::size_t Waiters::Wake(std::size_t most) {
  fleet::ApiClient* const client = FreePublisher();
  if (client == nullptr) return 0;
  std::vector<WaiterIndex> chosen;
  most = std::min(most, speech_.most_wakes());
  for (std::size_t looked = 0; chosen.size() < most && looked < order_.size(); ++looked) {
    const WaiterIndex index = order_[turn_++ % order_.size()];
    Waiter& waiter = waiters_[index];
    if (!waiter.waits || waiter.woken != fleet::kNever) continue;
    waiter.woken = Now();
    ++owed_;
    chosen.push_back(index);
  }
  if (chosen.empty()) return 0;
  client->Call(
      speech_.Wake(chosen),
      [this, chosen](bool) {
        const Instant now = Now();
        for (const WaiterIndex index : chosen) waiters_[index].woken = now;
      },
      [this, count = chosen.size()](const HttpReply& reply) {
        if (reply.status / 100 == 2) {
          counts_.published += count;
        } else {
          trouble_ = "a publish was answered with HTTP " + std::to_string(reply.status);
        }
      });
  return chosen.size();
}

std::size_t Waiters::WakeNobody(std::size_t most) {
  fleet::ApiClient* const client = FreePublisher();
  if (client == nullptr) return 0;
  std::vector<WaiterIndex> nobodies(std::min(most, speech_.most_wakes()));
  for (WaiterIndex& nobody : nobodies) nobody = order_[nobody_++ % order_.size()];
  client->Call(speech_.WakeNobody(nobodies), nullptr, [this, count = nobodies.size()](const HttpReply& reply) {
    if (reply.status / 100 == 2) counts_.published += count;
  });
  return nobodies.size();
}

}  // namespace mailwake::waiters
