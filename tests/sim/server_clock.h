// SPDX-License-Identifier: Apache-2.0
//
// ServerClock: what the server's clock shows, which drifts and jumps while true time goes on; and what an outsider knows of the engine's
// time.
//
// Threads:    one thread.
// Invariants: without a jump it goes forward.
// Example:    clock.Jump(3'600'000, queue.now()); Time shown = clock.Shows(queue.now()); Time when = clock.WhenItShows(deadline);

#ifndef MAILWAKE_TESTS_SIM_SERVER_CLOCK_H_
#define MAILWAKE_TESTS_SIM_SERVER_CLOCK_H_

#include <algorithm>

#include "mailwake/types.h"
#include "tests/sim/model.h"

namespace mailwake::sim {

class ServerClock {
 public:
  ServerClock(Time start, std::int64_t drift_ppm) : start_(start), ppm_(drift_ppm) {}

  Time Shows(Time now) const {
    const std::int64_t passed = (now - start_).count();
    return now + Duration(passed * ppm_ / 1'000'000 + offset_ms_);
  }
  // The first true time at which it shows that, if it does not jump.
  Time WhenItShows(Time shown, Time now) const {
    const std::int64_t missing = (shown - Shows(now)).count();
    if (missing <= 0) return now;
    Time when = now + Duration(missing * 1'000'000 / (1'000'000 + ppm_) - 2);
    when = std::max(when, now);
    while (Shows(when) < shown) when += Duration(1);
    return when;
  }

  // Somebody looks at it.
  void Observe(Time now, Moment& moment) const {
    const std::int64_t shown = Shows(now).time_since_epoch().count();
    moment.early = shown < moment.mark ? moment.mark - shown + kGlanceMs : 0;
    moment.mark = std::max(moment.mark, shown);
  }
  // A process that starts knows no earlier time.
  void Start(Time now, Moment& moment) const {
    moment.mark = Shows(now).time_since_epoch().count();
    moment.early = 0;
  }

  // The engine may have looked last a second ago: a step of over 5 s is a pause, and its length is known to that second.
  void Jump(std::int64_t by_ms, Time now, Moment& moment) {
    Observe(now, moment);
    const std::int64_t before = moment.mark;
    offset_ms_ += by_ms;
    Observe(now, moment);
    const std::int64_t step = moment.mark - before;
    if (by_ms < 0) moment.slack += kGlanceMs;
    if (step <= 0) return;
    ++moment.jumps;
    if (step > kPauseMs) moment.pause_low += step;
    if (step + kGlanceMs > kPauseMs) moment.pause_high += step + kGlanceMs;
    if (step <= kPauseMs) moment.slack += step + kGlanceMs;
    moment.slack += kGlanceMs;
  }

 private:
  static constexpr std::int64_t kPauseMs = 5'000;
  static constexpr std::int64_t kGlanceMs = 1'100;

  Time start_;
  std::int64_t ppm_;
  std::int64_t offset_ms_ = 0;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_SERVER_CLOCK_H_
