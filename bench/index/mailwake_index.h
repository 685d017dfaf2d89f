// SPDX-License-Identifier: Apache-2.0
//
// MailwakeIndex: the engine as the workloads see it. The only place of the benchmarks that knows its API.
//
// Threads:    as the engine. Each lane has an event loop of its own, so that its completions run on its thread.
// Cost:       the engine's, and writing a PingRequest whose vector of folders is kept.
// Example:    as in index.h

#ifndef MAILWAKE_BENCH_INDEX_MAILWAKE_INDEX_H_
#define MAILWAKE_BENCH_INDEX_MAILWAKE_INDEX_H_

#include <mailwake/engine.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/index/index.h"
#include "engine/src/timer_wheel.h"

namespace mailwake::bench {

// Acknowledges at once and knows nothing.
class NullStore : public Store {
 public:
  OpenState opened() const override { return {.first_version = 1, .ceiling = kVersionBlock}; }
  void Load(std::string, LoadCallback done) override { done(MailboxRecord()); }
  void Commit(const WriteBatch&, DoneCallback done) override { done(absl::OkStatus()); }
  void AgeOut(Time, AgeOutCallback done) override { done(0); }
};

class MailwakeIndex {
 public:
  static constexpr std::string_view name() { return "mailwake"; }
  explicit MailwakeIndex(Keys& keys) : MailwakeIndex(keys, std::make_unique<NullStore>()) {}
  MailwakeIndex(Keys& keys, std::unique_ptr<Store> store);

  // A change in every folder, one in three by this device, and a cursor in every folder.
  void Enter(const Key& key);
  void Hold(Key& key, std::chrono::seconds heartbeat);
  // A PING that names nothing: what was remembered counts.
  void HoldEmpty(Key& key);
  void Cancel(const Key& key) { engine_->Cancel({key.handle}); }
  void Publish(std::string_view mailbox, const Folder& folder, std::string_view device);
  void Deliver(int lane);
  void Sync(const Key& key, std::uint16_t folder);
  void Advance(std::int64_t now_ms);

  Engine& engine() { return *engine_; }
  // So many PINGs are held, and no mailbox is still being read.
  bool Settled(std::uint64_t pings) const;
  void Flush();  // the store is done with everything
  std::uint64_t memory_bytes() const { return engine_->stats().memory_bytes; }
  std::uint64_t held() const { return engine_->stats().pings_held; }
  void CheckInvariants() const { engine_->CheckInvariants(); }

 private:
  void Hold(Key& key, PingRequest& request);

  Keys& keys_;
  std::atomic<std::int64_t> now_ms_{0};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  std::array<LoopId, kLanes> loops_{};
};
static_assert(Index<MailwakeIndex>);

// The engine's timers alone, as the rivals' timers look.
class WheelTimers {
 public:
  struct Handle {};
  void Schedule(std::uint32_t id, std::int64_t due_ms, Handle&) {
    if (id >= nodes_.size()) nodes_.resize(std::max<std::size_t>(id + 1, 2 * nodes_.size()));
    wheel_.Schedule(*this, id, due_ms);
  }
  void Cancel(std::uint32_t id, Handle&) { wheel_.Cancel(*this, id); }
  TimerNode& timer(Slot slot) { return nodes_[slot]; }

 private:
  TimerWheel wheel_;
  std::vector<TimerNode> nodes_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_MAILWAKE_INDEX_H_
