// SPDX-License-Identifier: Apache-2.0
//
// Loops: which event loops have ends to deliver, and from which shards. One bit a shard and loop: setting one wakes the loop only if it had
// none, so a burst of wakes is one signal.
//
// Threads:    Add before anything else; the rest from any thread.
// Cost:       O(1), one atomic operation.
// Invariants: those of SignalBits.

#ifndef MAILWAKE_SRC_LOOPS_H_
#define MAILWAKE_SRC_LOOPS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/end_batch.h"
#include "engine/src/shard.h"
#include "engine/src/signal_bits.h"
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
      if ((mask & 1) != 0 && loops_[loop].bits.Raise(shard)) Tell(loop);
    }
  }
  bool pending(LoopId loop) const { return loops_[loop].bits.raised(); }

  // ---- A delivery, one at a time a loop: false if one is running already.
  bool Begin(LoopId loop) { return loops_[loop].bits.Begin(); }
  std::uint64_t Take(LoopId loop) { return loops_[loop].bits.Take(); }
  void Keep(LoopId loop, std::uint32_t shard) { loops_[loop].bits.Keep(shard); }  // the shard has more
  void End(LoopId loop) {
    if (loops_[loop].bits.End()) Tell(loop);
  }
  // The delivery's own, used again and again.
  EndBatch& batch(LoopId loop) { return loops_[loop].batch; }
  Reused<HeartbeatSample>& samples(LoopId loop) { return loops_[loop].samples; }

 private:
  struct alignas(kCacheLine) Loop {
    SignalBits bits;  // by shard
    std::function<void()> ready;
    EndBatch batch;
    Reused<HeartbeatSample> samples;
  };
  void Tell(std::size_t loop) {
    if (loops_[loop].ready) loops_[loop].ready();
  }

  std::array<Loop, kMaxLoops> loops_;
  std::size_t count_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_LOOPS_H_
