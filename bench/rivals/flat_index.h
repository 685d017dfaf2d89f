// SPDX-License-Identifier: Apache-2.0
//
// FlatIndex: one FlatShard for all, with a priority queue of timers: the simplest thing that is not slow.
//
// Threads:    any, one after the other.
// Example:    as in bench/index/index.h

#ifndef MAILWAKE_BENCH_RIVALS_FLAT_INDEX_H_
#define MAILWAKE_BENCH_RIVALS_FLAT_INDEX_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "bench/index/index.h"
#include "bench/rivals/flat_shard.h"
#include "bench/rivals/priority_timers.h"

namespace mailwake::bench {

class FlatIndex {
 public:
  static constexpr std::string_view name() { return "flat"; }
  explicit FlatIndex(Keys& keys) : keys_(keys), pings_(keys.pings()), shard_(pings_) {}

  void Enter(const Key&) {}
  void Hold(const Key& key, std::chrono::seconds heartbeat) {
    shard_.Hold(key.ping, FingerprintsOf(keys_, key), Fingerprint(key.device()), std::chrono::milliseconds(heartbeat).count());
  }
  void Cancel(const Key& key) { shard_.Cancel(key.ping); }
  void Publish(std::string_view mailbox, const Folder& folder, std::string_view device) {
    shard_.Publish(FolderFingerprint(Fingerprint(mailbox), folder.id), device.empty() ? 0 : Fingerprint(device));
  }
  void Deliver(int) {}
  void Sync(const Key&, std::uint16_t) {}
  void Advance(std::int64_t now_ms) { shard_.Advance(now_ms); }

 private:
  using Shard = FlatShard<PriorityTimers>;
  const Keys& keys_;
  Shard::Pings pings_;
  Shard shard_;
};
static_assert(Index<FlatIndex>);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_FLAT_INDEX_H_
