// SPDX-License-Identifier: Apache-2.0
//
// RecentMap: a map that keeps at most so many entries, those that were set or found last, without a list of them: when the young are half
// of what there may be, they become the old, and the old go.
//
// Threads:    none of its own.
// Cost:       O(1) but for the turn of the halves, which frees the old ones; no more bytes than the two maps take.
// Invariants: (1) an entry is in one half only; (2) the last most / 2 that were set or found are there.
// Example:    RecentMap<std::string, int> seen(1000); seen["ann"] = 1; if (int* count = seen.Find("ann")) ++*count;

#ifndef MAILWAKE_ADAPTERS_RECENT_MAP_H_
#define MAILWAKE_ADAPTERS_RECENT_MAP_H_

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mailwake {

template <typename Key, typename Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t most) : half_(std::max<std::size_t>(most / 2, 1)) {}

  // Null if it is not there. Its address is good until the next call.
  Value* Find(const Key& key) { return Peek(key) == nullptr ? nullptr : &(*this)[key]; }
  // The same, and it gets no younger.
  const Value* Peek(const Key& key) const {
    if (const auto young = young_.find(key); young != young_.end()) return &young->second;
    const auto old = old_.find(key);
    return old == old_.end() ? nullptr : &old->second;
  }
  // Made if it is not there.
  Value& operator[](const Key& key) {
    if (const auto young = young_.find(key); young != young_.end()) return young->second;
    const auto old = old_.find(key);
    Value value = old == old_.end() ? Value() : std::move(old->second);
    if (old != old_.end()) old_.erase(old);
    if (young_.size() >= half_) old_ = std::exchange(young_, {});
    return young_[key] = std::move(value);
  }
  void Erase(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }

 private:
  using Map = absl::flat_hash_map<Key, Value>;

  const std::size_t half_;
  Map young_;
  Map old_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_RECENT_MAP_H_
