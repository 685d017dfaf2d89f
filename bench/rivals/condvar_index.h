// SPDX-License-Identifier: Apache-2.0
//
// CondvarIndex: a std::unordered_map from folder to a vector of PINGs, one mutex, and a condition variable for each thread that answers:
// what a server looks like that began with a thread a request and grew. A publisher puts the woken PINGs on the list of the thread that
// answers them and notifies it; that thread waits for its list to fill.
//
// Threads:    any, one after the other.
// Example:    as in bench/index/index.h

#ifndef MAILWAKE_BENCH_RIVALS_CONDVAR_INDEX_H_
#define MAILWAKE_BENCH_RIVALS_CONDVAR_INDEX_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/index/index.h"
#include "bench/rivals/multimap_timers.h"
#include "bench/rivals/rival_ping.h"

namespace mailwake::bench {

class CondvarIndex {
 public:
  static constexpr std::string_view name() { return "condvar"; }
  explicit CondvarIndex(Keys& keys) : keys_(keys), pings_(keys.pings()) {}

  void Enter(const Key&) {}

  void Hold(const Key& key, std::chrono::seconds heartbeat) {
    const auto folders = FingerprintsOf(keys_, key);
    std::lock_guard lock(mutex_);
    Ping& ping = pings_[key.ping];
    ping.folders = folders;
    ping.device = Fingerprint(key.device());
    ping.done = CompletionOf(key.ping);
    ping.held = true;
    for (std::uint32_t which = 0; which < kWatched; ++which) {
      std::vector<Link>& links = index_[folders[which]];
      ping.places[which] = static_cast<std::uint32_t>(links.size());
      links.push_back({key.ping, which});
    }
    timers_.Schedule(key.ping, now_ms_ + std::chrono::milliseconds(heartbeat).count(), ping.timer);
  }

  void Cancel(const Key& key) {
    std::lock_guard lock(mutex_);
    if (!pings_[key.ping].held) return;
    timers_.Cancel(key.ping, pings_[key.ping].timer);
    Finish(key.ping, End::kCancelled);
  }

  void Publish(std::string_view mailbox, const Folder& folder, std::string_view device) {
    const std::uint64_t origin = device.empty() ? 0 : Fingerprint(device);
    std::lock_guard lock(mutex_);
    const auto found = index_.find(FolderFingerprint(Fingerprint(mailbox), folder.id));
    if (found == index_.end()) return;
    for (std::size_t i = found->second.size(); i-- > 0;) {
      const std::uint32_t ping = found->second[i].ping;
      if (origin != 0 && pings_[ping].device == origin) continue;
      const bool last = found->second.size() == 1;
      timers_.Cancel(ping, pings_[ping].timer);
      Finish(ping, End::kChanged);
      if (last) break;
    }
  }

  void Deliver(int lane) {
    static thread_local std::vector<Finished> batch;
    Answers& answers = answers_[static_cast<std::size_t>(lane)];
    {
      std::lock_guard lock(mutex_);
      if (answers.finished.empty()) return;  // a server's thread would wait for `wake` here
      batch.swap(answers.finished);
    }
    for (Finished& finished : batch) finished.done(finished.end);
    batch.clear();
  }

  void Sync(const Key&, std::uint16_t) {}

  void Advance(std::int64_t now_ms) {
    std::lock_guard lock(mutex_);
    now_ms_ = std::max(now_ms, now_ms_);
    timers_.Advance(now_ms_, [this](std::uint32_t ping) { Finish(ping, End::kExpired); });
  }

 private:
  struct Link {
    std::uint32_t ping;
    std::uint32_t which;
  };
  struct Ping {
    std::array<std::uint64_t, kWatched> folders{};
    std::array<std::uint32_t, kWatched> places{};
    std::uint64_t device = 0;
    MultimapTimers::Handle timer{};
    Completion done;
    bool held = false;
  };
  struct Finished {
    Completion done;
    End end;
  };
  struct Answers {
    std::condition_variable wake;
    std::vector<Finished> finished;
  };

  // Unlinks the PING, whose timer does not run any more, and has it answered. REQUIRES: the lock.
  void Finish(std::uint32_t ping, End end) {
    Ping& ended = pings_[ping];
    for (std::uint32_t which = 0; which < kWatched; ++which) {
      const auto found = index_.find(ended.folders[which]);
      std::vector<Link>& links = found->second;
      const Link last = links.back();
      links[ended.places[which]] = last;
      pings_[last.ping].places[last.which] = ended.places[which];
      links.pop_back();
      if (links.empty()) index_.erase(found);
    }
    ended.held = false;
    Answers& answers = answers_[static_cast<std::size_t>(keys_.LaneOf(ping))];
    answers.finished.push_back({std::move(ended.done), end});
    answers.wake.notify_one();
  }

  const Keys& keys_;
  std::mutex mutex_;  // guards the rest
  std::vector<Ping> pings_;
  std::unordered_map<std::uint64_t, std::vector<Link>> index_;
  MultimapTimers timers_;
  std::array<Answers, kLanes> answers_;
  std::int64_t now_ms_ = 0;
};
static_assert(Index<CondvarIndex>);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_CONDVAR_INDEX_H_
