// SPDX-License-Identifier: Apache-2.0

#include "bench/index/hot_probe.h"

#include <future>
#include <thread>

#include "engine/src/check.h"

namespace mailwake::bench {
namespace {

constexpr std::string_view kDevice = "probe";
constexpr std::string_view kInbox = "inbox";

void Expect(const absl::Status& status) { MAILWAKE_CHECK(status.ok()); }

}  // namespace

HotProbe::HotProbe(Engine& engine, std::size_t mailboxes) : engine_(engine), loop_(engine.AddLoop([] {})) {
  mailboxes_.resize(mailboxes);
  for (std::size_t i = 0; i < mailboxes; ++i) {
    mailboxes_[i].id = "probe" + std::to_string(i) + "@example.org";
    SyncAndHold(mailboxes_[i]);
  }
  std::promise<void> read;
  engine_.Flush([&read] { read.set_value(); });
  read.get_future().wait();
  while (engine_.stats().mailboxes_loading > 0) std::this_thread::yield();
}

HotProbe::~HotProbe() {
  for (const Mailbox& mailbox : mailboxes_) engine_.Cancel(mailbox.ping);
  while (engine_.Deliver(loop_) > 0) {
  }
}

void HotProbe::SyncAndHold(Mailbox& mailbox) {
  engine_.EndSync(engine_.BeginSync(mailbox.id, kDevice), {kInbox}, Expect);
  PingRequest request{.mailbox = mailbox.id, .device = kDevice, .heartbeat = kHeartbeat, .loop = loop_};
  request.folders = std::vector<WatchedFolder>{{kInbox, ItemClass::kEmail}};
  mailbox.ping = engine_.Hold(request, [this](const PingEnd&) { ++ended_; });
}

Latencies HotProbe::Run(const std::function<bool()>& over) {
  using Clock = std::chrono::steady_clock;
  Latencies latencies;
  Clock::time_point due = Clock::now();
  while (!over()) {
    std::this_thread::sleep_until(due += kInterval);
    Mailbox& mailbox = mailboxes_[next_++ % mailboxes_.size()];
    const std::size_t before = ended_;
    const Clock::time_point began = Clock::now();
    engine_.Publish({{.mailbox = mailbox.id, .folder = kInbox, .item_class = ItemClass::kEmail}}, Expect);
    engine_.Deliver(loop_);
    latencies.Add(Clock::now() - began);
    MAILWAKE_CHECK(ended_ == before + 1);
    SyncAndHold(mailbox);
  }
  latencies.Sort();
  return latencies;
}

}  // namespace mailwake::bench
