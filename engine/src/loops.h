// SPDX-License-Identifier: Apache-2.0
//
// Loops: which event loops have ends to deliver, and from which shards. One bit a shard and loop: setting one wakes the loop only if it had
// none, so a burst of wakes is one signal.
//
// Threads:    Add before anything else; Notify, TakePending from any thread.
// Cost:       O(1), one atomic operation.
// Invariants: if a shard's ready list for a loop is not empty, its bit is set or about to be, or a Deliver of that loop is reading
//             the list.

#ifndef MAILWAKE_SRC_LOOPS_H_
#define MAILWAKE_SRC_LOOPS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/end_batch.h"
#include "engine/src/shard.h"
#include "mailwake/ping.h"

namespace mailwake {

class Loops {
 public:
  // Loop 0 stands from the start.
  explicit Loops(std::function<void()> ready) { Add(std::move(ready)); }

  LoopId Add(std::function<void()> ready) {
    MAILWAKE_CHECK(count_ < kMaxLoops);
    loops_[count_].ready = std::move(ready);
    return static_cast<LoopId>(count_++);
  }
  std::size_t size() const { return count_; }

  // The shard has ends for each loop in `mask`.
  void Notify(std::uint32_t mask, std::uint32_t shard) {
    for (std::size_t loop = 0; mask != 0; ++loop, mask >>= 1) {
      if ((mask & 1) == 0) continue;
      if (loops_[loop].pending.fetch_or(std::uint64_t{1} << shard, std::memory_order_seq_cst) == 0 && loops_[loop].ready)
        loops_[loop].ready();
    }
  }

  // The shard has more for the loop that is being delivered: Remind, at the end of the delivery, says so.
  void Keep(LoopId loop, std::uint32_t shard) { loops_[loop].pending.fetch_or(std::uint64_t{1} << shard, std::memory_order_seq_cst); }

  // Says again that there is something, to a loop whose owner may have asked in vain during a delivery.
  void Remind(LoopId loop) {
    if (pending(loop) && loops_[loop].ready) loops_[loop].ready();
  }

  bool pending(LoopId loop) const { return loops_[loop].pending.load(std::memory_order_seq_cst) != 0; }
  std::uint64_t TakePending(LoopId loop) { return loops_[loop].pending.exchange(0, std::memory_order_seq_cst); }

  // One delivery at a time a loop: false if one is running, perhaps further up this very stack.
  bool BeginDelivery(LoopId loop) { return !loops_[loop].delivering.exchange(true, std::memory_order_acquire); }
  void EndDelivery(LoopId loop) { loops_[loop].delivering.store(false, std::memory_order_release); }
  // The delivery's own, used again and again.
  EndBatch& batch(LoopId loop) { return loops_[loop].batch; }
  Reused<HeartbeatSample>& samples(LoopId loop) { return loops_[loop].samples; }

 private:
  struct alignas(kCacheLine) Loop {
    std::atomic<std::uint64_t> pending{0};  // by shard
    std::atomic<bool> delivering{false};
    std::function<void()> ready;
    EndBatch batch;
    Reused<HeartbeatSample> samples;
  };

  std::array<Loop, kMaxLoops> loops_;
  std::size_t count_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_LOOPS_H_
