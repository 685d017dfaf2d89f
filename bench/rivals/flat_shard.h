// SPDX-License-Identifier: Apache-2.0
//
// FlatShard: an absl::flat_hash_map from folder to a small vector of PINGs, and timers, under one mutex. No versions, no cursors.
//
// A PING knows its place in each vector, so that unlinking it never searches; a folder that nobody watches has no entry.
//
// Threads:    any; completions run after the lock is released, inside the call.
// Cost:       Hold and every end: kWatched look-ups and one timer.
// Example:    FlatShard<MultimapTimers> shard(pings); shard.Hold(key, ...);

#ifndef MAILWAKE_BENCH_RIVALS_FLAT_SHARD_H_
#define MAILWAKE_BENCH_RIVALS_FLAT_SHARD_H_

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>
#include <mailwake/mutex.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/rivals/rival_ping.h"

namespace mailwake::bench {

template <typename Timers>
struct FlatPing {
  std::array<std::uint64_t, kWatched> folders{};
  std::array<std::uint32_t, kWatched> places{};
  std::uint64_t device = 0;
  typename Timers::Handle timer{};
  Completion done;
  bool held = false;
};

template <typename Timers>
class FlatShard {
 public:
  using Pings = std::vector<FlatPing<Timers>>;
  explicit FlatShard(Pings& pings) : pings_(pings) {}

  void Hold(std::uint32_t ping, const std::array<std::uint64_t, kWatched>& folders, std::uint64_t device, std::int64_t heartbeat_ms) {
    MutexLock lock(mutex_);
    FlatPing<Timers>& held = pings_[ping];
    held.folders = folders;
    held.device = device;
    held.done = CompletionOf(ping);
    held.held = true;
    for (std::uint32_t which = 0; which < kWatched; ++which) {
      Links& links = index_[folders[which]];
      held.places[which] = static_cast<std::uint32_t>(links.size());
      links.push_back({ping, which});
    }
    timers_.Schedule(ping, now_ms_ + heartbeat_ms, held.timer);
  }

  void Cancel(std::uint32_t ping) {
    Completion done;
    {
      MutexLock lock(mutex_);
      if (!pings_[ping].held) return;
      timers_.Cancel(ping, pings_[ping].timer);
      done = End(ping);
    }
    done(bench::End::kCancelled);
  }

  void Publish(std::uint64_t folder, std::uint64_t device) {
    static thread_local std::vector<Completion> woken;
    {
      MutexLock lock(mutex_);
      const auto found = index_.find(folder);
      if (found == index_.end()) return;
      // From the back, since ending one moves the last into its place; the last one's end takes the entry away.
      for (std::size_t i = found->second.size(); i-- > 0;) {
        const std::uint32_t ping = found->second[i].ping;
        if (device != 0 && pings_[ping].device == device) continue;
        const bool last = found->second.size() == 1;
        timers_.Cancel(ping, pings_[ping].timer);
        woken.push_back(End(ping));
        if (last) break;
      }
    }
    Complete(woken, bench::End::kChanged);
  }

  void Advance(std::int64_t now_ms) {
    static thread_local std::vector<Completion> expired;
    {
      MutexLock lock(mutex_);
      now_ms_ = std::max(now_ms, now_ms_);
      timers_.Advance(now_ms_, [&](std::uint32_t ping) ABSL_NO_THREAD_SAFETY_ANALYSIS { expired.push_back(End(ping)); });
    }
    Complete(expired, bench::End::kExpired);
  }

 private:
  struct Link {
    std::uint32_t ping : 29;
    std::uint32_t which : 3;
  };
  using Links = absl::InlinedVector<Link, 4>;

  static void Complete(std::vector<Completion>& completions, bench::End end) {
    for (Completion& done : completions) done(end);
    completions.clear();
  }

  // Unlinks the PING, whose timer does not run any more.
  Completion End(std::uint32_t ping) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    FlatPing<Timers>& ended = pings_[ping];
    for (std::uint32_t which = 0; which < kWatched; ++which) {
      const auto found = index_.find(ended.folders[which]);
      Links& links = found->second;
      const Link last = links.back();
      links[ended.places[which]] = last;
      pings_[last.ping].places[last.which] = ended.places[which];
      links.pop_back();
      if (links.empty()) index_.erase(found);
    }
    ended.held = false;
    return std::move(ended.done);
  }

  Pings& pings_;
  Mutex mutex_;
  absl::flat_hash_map<std::uint64_t, Links> index_ ABSL_GUARDED_BY(mutex_);
  Timers timers_ ABSL_GUARDED_BY(mutex_);
  std::int64_t now_ms_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_FLAT_SHARD_H_
