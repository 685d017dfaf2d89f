// SPDX-License-Identifier: Apache-2.0
//
// Flat64Index: 64 FlatShards by the mailbox, each with a mutex and a multimap of timers of its own. The simple answer that scales.
//
// Threads:    any.
// Example:    as in bench/index/index.h

#ifndef MAILWAKE_BENCH_RIVALS_FLAT64_INDEX_H_
#define MAILWAKE_BENCH_RIVALS_FLAT64_INDEX_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <string_view>

#include "bench/index/index.h"
#include "bench/rivals/flat_shard.h"
#include "bench/rivals/multimap_timers.h"

namespace mailwake::bench {

class Flat64Index {
 public:
  static constexpr std::string_view name() { return "flat64"; }
  explicit Flat64Index(Keys& keys) : keys_(keys), pings_(keys.pings()) {
    for (int i = 0; i < kShards; ++i) shards_.emplace_back(pings_);
  }

  void Enter(const Key&) {}
  void Hold(const Key& key, std::chrono::seconds heartbeat) {
    ShardOf(Fingerprint(key.mailbox()))
        .Hold(key.ping, FingerprintsOf(keys_, key), Fingerprint(key.device()), std::chrono::milliseconds(heartbeat).count());
  }
  void Cancel(const Key& key) { ShardOf(Fingerprint(key.mailbox())).Cancel(key.ping); }
  void Publish(std::string_view mailbox, const Folder& folder, std::string_view device) {
    const std::uint64_t fingerprint = Fingerprint(mailbox);
    ShardOf(fingerprint).Publish(FolderFingerprint(fingerprint, folder.id), device.empty() ? 0 : Fingerprint(device));
  }
  void Deliver(int) {}
  void Sync(const Key&, std::uint16_t) {}
  void Advance(std::int64_t now_ms) {
    for (Shard& shard : shards_) shard.Advance(now_ms);
  }

 private:
  using Shard = FlatShard<MultimapTimers>;
  static constexpr int kShards = 64;
  Shard& ShardOf(std::uint64_t mailbox) { return shards_[mailbox >> 58]; }

  const Keys& keys_;
  Shard::Pings pings_;
  std::deque<Shard> shards_;
};
static_assert(Index<Flat64Index>);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_FLAT64_INDEX_H_
