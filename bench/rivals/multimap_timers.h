// SPDX-License-Identifier: Apache-2.0
//
// MultimapTimers: what is due next, by a std::multimap.
//
// Threads:    none of its own; the owner locks.
// Cost:       Schedule and Cancel O(log timers), one allocation a timer.
// Example:    timers.Schedule(7, due_ms, handle); timers.Advance(now_ms, [](std::uint32_t id) { ... });

#ifndef MAILWAKE_BENCH_RIVALS_MULTIMAP_TIMERS_H_
#define MAILWAKE_BENCH_RIVALS_MULTIMAP_TIMERS_H_

#include <cstdint>
#include <map>

namespace mailwake::bench {

class MultimapTimers {
 public:
  using Handle = std::multimap<std::int64_t, std::uint32_t>::iterator;

  void Schedule(std::uint32_t id, std::int64_t due_ms, Handle& handle) { handle = timers_.emplace(due_ms, id); }
  void Cancel(std::uint32_t, Handle& handle) { timers_.erase(handle); }

  // Calls expired(id) for each timer due by now; it is no longer scheduled in the call.
  template <typename Expired>
  void Advance(std::int64_t now_ms, Expired expired) {
    while (!timers_.empty() && timers_.begin()->first <= now_ms) {
      const std::uint32_t id = timers_.begin()->second;
      timers_.erase(timers_.begin());
      expired(id);
    }
  }

 private:
  std::multimap<std::int64_t, std::uint32_t> timers_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_MULTIMAP_TIMERS_H_
