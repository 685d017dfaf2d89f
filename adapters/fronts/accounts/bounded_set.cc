// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/bounded_set.h"

namespace mailwake::internal {

void BoundedSet::Add(const std::string& text) {
  if (Contains(text) || most_ == 0) return;
  MutexLock lock(mutex_);
  if (places_.contains(text)) return;
  if (places_.size() == most_) {
    places_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(text);
  places_.emplace(text, order_.begin());
}

bool BoundedSet::Contains(const std::string& text) {
  MutexLock lock(mutex_);
  const auto found = places_.find(text);
  if (found == places_.end()) return false;
  order_.splice(order_.begin(), order_, found->second);
  return true;
}

std::size_t BoundedSet::size() {
  MutexLock lock(mutex_);
  return places_.size();
}

}  // namespace mailwake::internal
