// SPDX-License-Identifier: Apache-2.0

#include "engine/src/watch_table.h"

#include <utility>

#include "engine/src/check.h"
#include "engine/src/plant.h"

namespace mailwake {

Slot WatchTable::Allocate() {
  ++used_;
  if (free_ != kNoSlot) {
    const Slot slot = free_;
    free_ = std::exchange((*this)[slot].next, kNoSlot);
    return slot;
  }
  if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<Watch[]>(kChunk));
  return size_++;
}

void WatchTable::Free(Slot slot) {
  Watch& watch = (*this)[slot];
  MAILWAKE_CHECK(watch.state != WatchState::kFree && !watch.timed && watch.list == Watch::List::kNone && !watch.counted);
  watch.Clear();
  if (!Planted(Plant::kNoGeneration) && ++watch.generation == 0) watch.generation = 1;
  if (!Planted(Plant::kLeakWatch)) {
    watch.next = free_;
    free_ = slot;
  }
  --used_;
}

Watch* WatchTable::Find(Slot slot, std::uint32_t generation) {
  if (slot >= size_) return nullptr;
  Watch& watch = (*this)[slot];
  return watch.state != WatchState::kFree && watch.generation == generation ? &watch : nullptr;
}

}  // namespace mailwake
