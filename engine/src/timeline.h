// SPDX-License-Identifier: Apache-2.0
//
// Timeline: the engine's own time, made of what the caller's clock says. It never goes back, and stands still while the process was paused:
// a heartbeat that a suspended machine slept through is not over.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       O(1).
// Invariants: (1) engine time never decreases; (2) while something waits, a step of the clock over kPause does not move engine time.

#ifndef MAILWAKE_SRC_TIMELINE_H_
#define MAILWAKE_SRC_TIMELINE_H_

#include <chrono>

#include "mailwake/types.h"

namespace mailwake {

class Timeline {
 public:
  static constexpr Duration kPause = std::chrono::seconds(5);
  // While something waits, the owner promises to look at the clock this often, so that a pause can be told from an idle time.
  static constexpr Duration kGlance = std::chrono::seconds(1);

  // The clock says `clock`. `waiting`: somebody relies on the time going on.
  void Observe(Time clock, bool waiting) {
    if (clock <= clock_) return;  // backwards is ignored
    const Duration step = clock - clock_;
    if (waiting && step > kPause) paused_ += step;
    clock_ = clock;
    if (clock_ >= next_glance_) next_glance_ = Time(clock_.time_since_epoch() / kGlance * kGlance + kGlance);
  }

  // Engine time.
  std::int64_t now_ms() const { return (clock_ - paused_).time_since_epoch().count(); }
  Time clock() const { return clock_; }
  // The clock's time at engine time `ms`, if no further pause comes.
  Time ClockAt(std::int64_t ms) const { return Time(Duration(ms)) + paused_; }
  // When the clock must be looked at next while something waits: on a grid that all shards share, so that one call serves all.
  Time next_glance() const { return next_glance_; }

 private:
  Time clock_{};
  Duration paused_{0};
  Time next_glance_{kGlance};
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_TIMELINE_H_
