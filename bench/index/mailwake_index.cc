// SPDX-License-Identifier: Apache-2.0

#include "bench/index/mailwake_index.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <iostream>
#include <utility>
#include <vector>

#include "bench/index/ended.h"

namespace mailwake::bench {
namespace {

constexpr std::size_t kMostProbes = 10'000;  // HotProbe's beside the keys'

End EndOf(EndReason reason) {
  switch (reason) {
    case EndReason::kChanged:
      return End::kChanged;
    case EndReason::kExpired:
      return End::kExpired;
    case EndReason::kCancelled:
      return End::kCancelled;
    default:
      return End::kOther;
  }
}

void Expect(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "benchmark: " << status << "\n";
  std::abort();
}

Options OptionsFor(const Keys& keys, std::atomic<std::int64_t>& now_ms) {
  Options options;
  options.heartbeat_min = std::chrono::seconds(1);
  options.limits.pings = keys.pings() + kMostProbes;
  options.limits.pings_per_mailbox = keys.shape().devices + 1;
  options.limits.devices_per_mailbox = keys.shape().devices + 1;
  options.limits.idle_mailboxes = std::max<std::size_t>(options.limits.idle_mailboxes, keys.pings() / 10);
  options.clock = [&now_ms] { return Time(Duration(now_ms.load(std::memory_order_relaxed))); };
  return options;
}

}  // namespace

MailwakeIndex::MailwakeIndex(Keys& keys, std::unique_ptr<Store> store)
    : keys_(keys), store_(std::move(store)), engine_(Engine::Create(OptionsFor(keys, now_ms_), *store_).value()) {
  for (LoopId& loop : loops_) loop = engine_->AddLoop([] {});
}

void MailwakeIndex::Enter(const Key& key) {
  const std::uint32_t device = key.ping % keys_.shape().devices;
  const auto own = static_cast<std::uint16_t>(kFolders + device);
  std::vector<std::uint16_t> numbers;
  for (std::uint16_t folder = 0; folder < kFolders; ++folder) numbers.push_back(folder);
  if (keys_.shape().kind == Kind::kShared) numbers.push_back(own);
  std::vector<Change> changes;
  std::vector<std::string_view> ids;
  for (const std::uint16_t number : numbers) {
    const Folder folder = keys_.FolderOf(key.ping, number);
    ids.push_back(folder.id);
    if (device != 0 && number != own) continue;  // the first device's
    changes.push_back({.mailbox = key.mailbox(),
                       .folder = folder.id,
                       .item_class = static_cast<ItemClass>(folder.item_class),
                       .device = number % 3 == 0 ? key.device() : std::string_view()});
  }
  if (!changes.empty()) engine_->Publish(changes, Expect);
  engine_->EndSync(engine_->BeginSync(key.mailbox(), key.device()), ids, Expect);
}

void MailwakeIndex::Hold(Key& key, std::chrono::seconds heartbeat) {
  static thread_local PingRequest request{.folders = std::vector<WatchedFolder>(kWatched)};
  const auto watched = keys_.WatchedBy(key);
  for (std::size_t i = 0; i < kWatched; ++i) {
    const Folder folder = keys_.FolderOf(key.ping, watched[i]);
    (*request.folders)[i] = {folder.id, static_cast<ItemClass>(folder.item_class)};
  }
  request.heartbeat = heartbeat;
  Hold(key, request);
}

void MailwakeIndex::HoldEmpty(Key& key) {
  PingRequest request;
  Hold(key, request);
}

void MailwakeIndex::Hold(Key& key, PingRequest& request) {
  request.mailbox = key.mailbox();
  request.device = key.device();
  request.loop = loops_[static_cast<std::size_t>(keys_.LaneOf(key.ping))];
  key.handle = engine_->Hold(request, [ping = key.ping](const PingEnd& end) { Ended::Here().Add(ping, EndOf(end.reason)); }).value;
}

void MailwakeIndex::Publish(std::string_view mailbox, const Folder& folder, std::string_view device) {
  const Change change{.mailbox = mailbox, .folder = folder.id, .item_class = static_cast<ItemClass>(folder.item_class), .device = device};
  engine_->Publish(std::span(&change, 1), Expect);
}

void MailwakeIndex::Deliver(int lane) {
  while (engine_->Deliver(loops_[static_cast<std::size_t>(lane)]) == 1024) {
  }
}

void MailwakeIndex::Sync(const Key& key, std::uint16_t folder) {
  const std::string_view id = keys_.FolderOf(key.ping, folder).id;
  engine_->EndSync(engine_->BeginSync(key.mailbox(), key.device()), std::span(&id, 1), Expect);
}

void MailwakeIndex::Advance(std::int64_t now_ms) {
  std::int64_t before = now_ms_.load(std::memory_order_relaxed);
  while (before < now_ms && !now_ms_.compare_exchange_weak(before, now_ms, std::memory_order_relaxed)) {
  }
  engine_->advance(Time(Duration(std::max(before, now_ms))));
}

bool MailwakeIndex::Settled(std::uint64_t pings) const {
  const Stats stats = engine_->stats();
  return stats.pings_held >= pings && stats.mailboxes_loading == 0;
}

void MailwakeIndex::Flush() {
  std::promise<void> done;
  engine_->Flush([&done] { done.set_value(); });
  done.get_future().wait();
}

}  // namespace mailwake::bench
