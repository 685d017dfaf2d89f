// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/backoff_table.h"

#include <algorithm>

namespace mailwake {

using std::chrono::milliseconds;

milliseconds BackoffTable::WaitOf(const std::string& name, Time now) const {
  if (!used_) return milliseconds(0);
  MutexLock lock(mutex_);
  const Failures* failures = failures_.Peek(name);
  if (failures == nullptr || failures->count <= rules_.free || now - failures->last >= rules_.forgotten) return milliseconds(0);
  const std::uint32_t doubled = std::min(failures->count - rules_.free - 1, 20U);
  const milliseconds whole = std::min<milliseconds>(rules_.first * (1 << doubled), rules_.longest);
  return std::max(whole - std::chrono::duration_cast<milliseconds>(now - failures->last), milliseconds(0));
}

void BackoffTable::Failed(const std::string& name, Time now) {
  used_ = true;
  MutexLock lock(mutex_);
  Failures& failures = failures_[name];
  // One is forgiven for each longest wait that was quiet: who fails now and then, as many together do, never comes to wait.
  const auto forgiven = std::max<std::int64_t>((now - failures.last) / rules_.longest, 0);
  const bool anew = now - failures.last >= rules_.forgotten || forgiven >= failures.count;
  failures.count = (anew ? 0 : failures.count - static_cast<std::uint32_t>(forgiven)) + 1;
  failures.last = now;
}

void BackoffTable::Succeeded(const std::string& name) {
  if (!used_) return;
  MutexLock lock(mutex_);
  failures_.Erase(name);
}

}  // namespace mailwake
