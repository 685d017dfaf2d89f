// SPDX-License-Identifier: Apache-2.0
//
// WatchTable: the watches of one shard, by slot, with generations that make stale ids harmless.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       every call O(1); memory is taken in chunks and kept, so that a steady state allocates nothing. Addresses stay.
// Invariants: (1) a slot is either free or in use; (2) a slot's generation grows each time it is freed, and is never 0.

#ifndef MAILWAKE_SRC_WATCH_TABLE_H_
#define MAILWAKE_SRC_WATCH_TABLE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/src/watch.h"

namespace mailwake {

class WatchTable {
 public:
  Slot Allocate();
  // Clears the watch, all but its timer. REQUIRES: in use, in no list, not timed.
  void Free(Slot slot);

  Watch& operator[](Slot slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const Watch& operator[](Slot slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
  void Prefetch(Slot slot) const {
    const Watch& watch = (*this)[slot];
    __builtin_prefetch(&watch, 1);
    __builtin_prefetch(reinterpret_cast<const char*>(&watch) + sizeof(Watch) - 1, 1);
  }
  TimerNode& timer(Slot slot) { return (*this)[slot].timer; }

  // The watch in use at `slot` with that generation; null if it is gone.
  Watch* Find(Slot slot, std::uint32_t generation);

  std::size_t used() const { return used_; }
  std::size_t bytes() const { return chunks_.size() * kChunk * sizeof(Watch); }
  // Slots that were ever in use: [0, size()).
  Slot size() const { return size_; }

 private:
  static constexpr Slot kChunk = 64;

  std::vector<std::unique_ptr<Watch[]>> chunks_;
  Slot size_ = 0;
  Slot free_ = kNoSlot;  // linked by `next`
  std::size_t used_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_WATCH_TABLE_H_
