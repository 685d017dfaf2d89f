// SPDX-License-Identifier: Apache-2.0
//
// VersionCounter: gives out versions, none at or above the durable ceiling. Shards take blocks; the ceiling is raised durably, in large
// blocks, before the counter reaches it. So no version is ever given out twice, whatever crashes.
//
// Threads:    all calls from any thread; its lock is taken under a shard's lock and takes none itself.
// Cost:       O(1); a shard calls it once in kBlock versions.
// Invariants: (1) next_ <= ceiling_, and below kMostVersion; (2) ceiling_ is durable; (3) at most one raise is on its way.

#ifndef MAILWAKE_SRC_VERSION_COUNTER_H_
#define MAILWAKE_SRC_VERSION_COUNTER_H_

#include <algorithm>
#include <optional>

#include "engine/src/check.h"
#include "engine/src/folder.h"
#include "engine/src/plant.h"
#include "mailwake/mutex.h"
#include "mailwake/store.h"

namespace mailwake {

// Versions [first, end).
struct VersionBlock {
  Version first = 0;
  Version end = 0;
  Version size() const { return end - first; }
};

class VersionCounter {
 public:
  static constexpr Version kBlock = 256;

  explicit VersionCounter(const OpenState& opened) : next_(opened.first_version), ceiling_(std::max(opened.ceiling, opened.first_version)) {
    if (Planted(Plant::kRestartCounter) && next_ > kVersionBlock) next_ -= kVersionBlock;
  }

  // `count` versions; nullopt if the store has not confirmed a ceiling that allows them.
  std::optional<VersionBlock> Take(Version count) {
    MutexLock lock(mutex_);
    if (ceiling_ - next_ < count || next_ + count > kMostVersion) return std::nullopt;
    const VersionBlock block{next_, next_ + count};
    next_ = block.end;
    return block;
  }

  // The ceiling to ask the store for now; nullopt if there is room, or a raise is on its way. Whoever gets one calls Raised.
  std::optional<Version> BeginRaise() {
    MutexLock lock(mutex_);
    if (raising_ || ceiling_ - next_ > kVersionBlock / 2) return std::nullopt;
    raising_ = true;
    return ceiling_ + kVersionBlock;
  }

  void Raised(Version ceiling, bool durable) {
    MutexLock lock(mutex_);
    MAILWAKE_CHECK(raising_);
    raising_ = false;
    if (durable) ceiling_ = std::max(ceiling_, ceiling);
  }

 private:
  Mutex mutex_;
  Version next_ ABSL_GUARDED_BY(mutex_);
  Version ceiling_ ABSL_GUARDED_BY(mutex_);
  bool raising_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_VERSION_COUNTER_H_
