// SPDX-License-Identifier: Apache-2.0
//
// CountLimit: how many connections each of many has, and whether it may have one more.
//
// Threads:    any.
// Cost:       O(1); about 25 bytes for each that has one.
// Invariants: (1) each Acquire that was true is followed by one Release; (2) whoever has none is not kept.
// Example:    CountLimit<PeerAddress::Bytes> addresses(10'000); if (!addresses.Acquire(peer.limit_key())) Close();

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_COUNT_LIMIT_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_COUNT_LIMIT_H_

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>

#include "mailwake/mutex.h"

namespace mailwake::internal {

template <typename Key>
class CountLimit {
 public:
  explicit CountLimit(std::size_t most) : most_(most) {}

  // False: that many are there already.
  bool Acquire(const Key& key) {
    MutexLock lock(mutex_);
    if (most_ == 0) return false;
    std::uint32_t& count = counts_[key];
    if (count >= most_) return false;
    ++count;
    return true;
  }
  void Release(const Key& key) {
    MutexLock lock(mutex_);
    const auto found = counts_.find(key);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  const std::size_t most_;
  Mutex mutex_;
  absl::flat_hash_map<Key, std::uint32_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_COUNT_LIMIT_H_
