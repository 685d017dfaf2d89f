// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/backoff_table.h"

#include <algorithm>
#include <utility>

namespace mailwake {

using std::chrono::milliseconds;

milliseconds BackoffTable::WaitOf(const std::string& name, Time now) const {
  if (!used_) return milliseconds(0);
  MutexLock lock(mutex_);
  const Failures* failures = Find(name);
  if (failures == nullptr || failures->count <= rules_.free || now - failures->last >= rules_.forgotten) return milliseconds(0);
  const std::uint32_t doubled = std::min(failures->count - rules_.free - 1, 20U);
  const milliseconds whole = std::min<milliseconds>(rules_.first * (1 << doubled), rules_.longest);
  return std::max(whole - std::chrono::duration_cast<milliseconds>(now - failures->last), milliseconds(0));
}

void BackoffTable::Failed(const std::string& name, Time now) {
  used_ = true;
  MutexLock lock(mutex_);
  const Failures* known = Find(name);
  const std::uint32_t before = known != nullptr && now - known->last < rules_.forgotten ? known->count : 0;
  if (young_.size() >= std::max<std::size_t>(rules_.most / 2, 1) && !young_.contains(name)) old_ = std::exchange(young_, {});
  young_[name] = {.count = before + 1, .last = now};
}

void BackoffTable::Succeeded(const std::string& name) {
  if (!used_) return;
  MutexLock lock(mutex_);
  young_.erase(name);
  old_.erase(name);
}

const BackoffTable::Failures* BackoffTable::Find(const std::string& name) const {
  if (const auto young = young_.find(name); young != young_.end()) return &young->second;
  const auto old = old_.find(name);
  return old == old_.end() ? nullptr : &old->second;
}

}  // namespace mailwake
