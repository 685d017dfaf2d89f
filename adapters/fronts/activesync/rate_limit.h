// SPDX-License-Identifier: Apache-2.0
//
// RateLimit: so many requests a minute of each, and as many at once; whose a request is, the caller says by a hash.
//
// Threads:    any.
// Cost:       O(1) and a lock, none without a limit; about 30 bytes for each that asked lately, at most `most` of them.
// Invariants: (1) never more than two minutes' worth in any minute, and who asks evenly never waits;
//             (2) over `most`, those that asked longest ago are forgotten: they may ask a minute's worth again.
// Example:    if (const auto wait = limit.Take(absl::HashOf(user), now); wait > 0ms) return ComeBackIn(wait);

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_RATE_LIMIT_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_RATE_LIMIT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "mailwake/adapters/gcra.h"
#include "mailwake/adapters/recent_map.h"
#include "mailwake/mutex.h"

namespace mailwake::eas {

class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // 0 a minute: any number.
  explicit RateLimit(std::size_t per_minute, std::size_t most = 200'000)
      : each_(per_minute == 0 ? Time::duration(0) : Time::duration(std::chrono::minutes(1)) / static_cast<std::int64_t>(per_minute)),
        gcras_(most) {}

  // Zero: this one is let in, and counted. Else how long until the next one is.
  std::chrono::milliseconds Take(std::uint64_t who, Time now) {
    if (each_.count() == 0) return std::chrono::milliseconds(0);
    MutexLock lock(mutex_);
    Gcra& gcra = gcras_[who];
    const Gcra::Duration wait = gcra.WaitFor(now, each_, std::chrono::minutes(1));
    if (wait.count() == 0) gcra.Count(now, each_);
    return std::chrono::ceil<std::chrono::milliseconds>(wait);
  }

 private:
  const Time::duration each_;
  Mutex mutex_;
  RecentMap<std::uint64_t, Gcra> gcras_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_RATE_LIMIT_H_
