// SPDX-License-Identifier: Apache-2.0
//
// Ended: which PINGs ended, as their completions tell it: the connection that would now write an answer.
//
// Threads:    one a thread; a completion finds that of the thread on which it runs.
// Cost:       Add: one store, and the key's cache line is asked for, since the PING will be held again. No allocation after Reserve.
// Example:    Ended::Scope scope(ended); ... in a completion: Ended::Here().Add(ping, End::kChanged);

#ifndef MAILWAKE_BENCH_INDEX_ENDED_H_
#define MAILWAKE_BENCH_INDEX_ENDED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/index/keys.h"

namespace mailwake::bench {

enum class End : std::uint8_t { kChanged, kExpired, kCancelled, kOther };

class Ended {
 public:
  explicit Ended(const Keys& keys) : keys_(&keys) { pings_.reserve(keys.pings()); }

  void Add(std::uint32_t ping, End end) {
    __builtin_prefetch(&(*keys_)[ping], 1);
    ++counts_[static_cast<std::size_t>(end)];
    pings_.push_back(ping);
  }
  // Those that wait to be held again.
  std::vector<std::uint32_t>& pings() { return pings_; }
  std::uint64_t count(End end) const { return counts_[static_cast<std::size_t>(end)]; }
  void Reset() {
    pings_.clear();
    counts_ = {};
  }

  static Ended& Here() { return *here_; }
  // While it lives, completions on this thread go there.
  class Scope {
   public:
    explicit Scope(Ended& ended) : before_(here_) { here_ = &ended; }
    ~Scope() { here_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Ended* before_;
  };

 private:
  inline static thread_local Ended* here_ = nullptr;

  const Keys* keys_;
  std::vector<std::uint32_t> pings_;
  std::array<std::uint64_t, 4> counts_{};
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_ENDED_H_
