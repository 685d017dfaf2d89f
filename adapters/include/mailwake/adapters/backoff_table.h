// SPDX-License-Identifier: Apache-2.0
//
// BackoffTable: who fails again and again waits longer each time, by whatever name the caller gives them.
//
// Threads:    any.
// Cost:       O(1); about 100 bytes for each name that has failed.
// Invariants: (1) the first `free` failures cost nothing; each one more doubles the wait, up to `longest`;
//             (2) one failure is forgiven for each `forgive` that is no wait, and all to who has not failed for `forgotten`: who fails less
//             often never comes to wait, and what succeeds in between does not count; (3) at most `most` names, those that failed last.
// Example:    if (table.WaitOf(name, now) > 0s) return ComeBackLater();  ...  table.Failed(name, now);

#ifndef MAILWAKE_ADAPTERS_BACKOFF_TABLE_H_
#define MAILWAKE_ADAPTERS_BACKOFF_TABLE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "mailwake/adapters/recent_map.h"
#include "mailwake/mutex.h"

namespace mailwake {

struct BackoffRules {
  std::uint32_t free = 5;
  std::chrono::seconds first{1};
  std::chrono::seconds longest{15 * 60};
  std::chrono::seconds forgive{15 * 60};
  std::chrono::seconds forgotten{60 * 60};
  std::size_t most = 20'000;
};

class BackoffTable {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit BackoffTable(const BackoffRules& rules) : rules_(rules), failures_(rules.most) {}

  // Nobody has failed yet.
  bool empty() const { return !used_; }
  // Zero: none.
  std::chrono::milliseconds WaitOf(const std::string& name, Time now) const;
  void Failed(const std::string& name, Time now);

 private:
  struct Failures {
    std::uint32_t count = 0;
    Time last;
    Time forgiven;  // what was to be forgiven until then is
  };

  std::chrono::milliseconds WaitAfter(std::uint32_t count) const;

  const BackoffRules rules_;
  std::atomic<bool> used_{false};  // somebody has failed: until then nobody takes the lock
  mutable Mutex mutex_;
  RecentMap<std::string, Failures> failures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_BACKOFF_TABLE_H_
