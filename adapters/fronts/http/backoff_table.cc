// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/backoff_table.h"

#include <algorithm>

namespace mailwake {

using std::chrono::milliseconds;

milliseconds BackoffTable::WaitAfter(std::uint32_t count) const {
  if (count <= rules_.free) return milliseconds(0);
  const std::uint32_t doubled = std::min(count - rules_.free - 1, 20U);
  return std::min<milliseconds>(rules_.first * (1 << doubled), rules_.longest);
}

milliseconds BackoffTable::WaitOf(const std::string& name, Time now) const {
  if (!used_) return milliseconds(0);
  MutexLock lock(mutex_);
  const Failures* failures = failures_.Peek(name);
  if (failures == nullptr || now - failures->last >= rules_.forgotten) return milliseconds(0);
  return std::max(WaitAfter(failures->count) - std::chrono::duration_cast<milliseconds>(now - failures->last), milliseconds(0));
}

void BackoffTable::Failed(const std::string& name, Time now) {
  used_ = true;
  MutexLock lock(mutex_);
  Failures& failures = failures_[name];
  const milliseconds wait = WaitAfter(failures.count);
  const Time from = wait.count() == 0 ? failures.forgiven : std::max<Time>(failures.forgiven, failures.last + wait);
  const auto forgiven = std::max<std::int64_t>((now - from) / rules_.forgive, 0);
  if (forgiven >= failures.count || now - failures.last >= rules_.forgotten) {
    failures = {.count = 0, .last = now, .forgiven = now};
  } else {
    failures.count -= static_cast<std::uint32_t>(forgiven);
    failures.forgiven = from + forgiven * rules_.forgive;
  }
  ++failures.count;
  failures.last = now;
}

}  // namespace mailwake
