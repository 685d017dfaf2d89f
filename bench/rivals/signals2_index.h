// SPDX-License-Identifier: Apache-2.0
//
// Signals2Index: one Boost.Signals2 signal a folder, each PING connected to eight, and an Asio timer each: what Boost offers out of the
// box. A folder's signal stays when its last PING leaves; to make it again would cost more.
//
// Threads:    any. One mutex guards the map, the PINGs and the timers; signals lock themselves. A slot only marks its PING; disconnecting
//             and answering follow after the emission.
// Example:    as in bench/index/index.h

#ifndef MAILWAKE_BENCH_RIVALS_SIGNALS2_INDEX_H_
#define MAILWAKE_BENCH_RIVALS_SIGNALS2_INDEX_H_

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <boost/signals2/signal.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/index/index.h"
#include "bench/rivals/asio_timers.h"
#include "bench/rivals/rival_ping.h"

namespace mailwake::bench {

class Signals2Index {
 public:
  static constexpr std::string_view name() { return "signals2"; }
  explicit Signals2Index(Keys& keys) : keys_(keys), pings_(keys.pings()) {}

  void Enter(const Key&) {}

  void Hold(const Key& key, std::chrono::seconds heartbeat) {
    const auto folders = FingerprintsOf(keys_, key);
    const std::uint64_t device = Fingerprint(key.device());
    std::lock_guard lock(mutex_);
    Ping& ping = pings_[key.ping];
    ping.done = CompletionOf(key.ping);
    ping.held = true;
    for (std::size_t which = 0; which < kWatched; ++which) {
      std::unique_ptr<Signal>& signal = signals_[folders[which]];
      if (signal == nullptr) signal = std::make_unique<Signal>();
      ping.connections[which] = signal->connect([number = key.ping, device](std::uint64_t origin, Woken& woken) {
        if (origin != device) woken.push_back(number);
      });
    }
    timers_.Schedule(key.ping, now_ms_ + std::chrono::milliseconds(heartbeat).count(), ping.timer);
  }

  void Cancel(const Key& key) {
    Completion done;
    {
      std::lock_guard lock(mutex_);
      if (!pings_[key.ping].held) return;
      timers_.Cancel(key.ping, pings_[key.ping].timer);
      done = Finish(key.ping);
    }
    done(End::kCancelled);
  }

  void Publish(std::string_view mailbox, const Folder& folder, std::string_view device) {
    static thread_local Woken woken;
    static thread_local std::vector<Completion> completions;
    {
      std::lock_guard lock(mutex_);
      const auto found = signals_.find(FolderFingerprint(Fingerprint(mailbox), folder.id));
      if (found == signals_.end()) return;
      (*found->second)(device.empty() ? 0 : Fingerprint(device), woken);
      for (const std::uint32_t ping : woken) {
        timers_.Cancel(ping, pings_[ping].timer);
        completions.push_back(Finish(ping));
      }
    }
    woken.clear();
    Complete(completions, End::kChanged);
  }

  void Deliver(int) {}
  void Sync(const Key&, std::uint16_t) {}

  void Advance(std::int64_t now_ms) {
    static thread_local std::vector<Completion> completions;
    {
      std::lock_guard lock(mutex_);
      now_ms_ = std::max(now_ms, now_ms_);
      timers_.Advance(now_ms_, [this](std::uint32_t ping) { completions.push_back(Finish(ping)); });
    }
    Complete(completions, End::kExpired);
  }

 private:
  using Woken = std::vector<std::uint32_t>;
  using Signal = boost::signals2::signal<void(std::uint64_t origin, Woken& woken)>;
  struct Ping {
    std::array<boost::signals2::connection, kWatched> connections;
    AsioTimers::Handle timer;
    Completion done;
    bool held = false;
  };

  static void Complete(std::vector<Completion>& completions, End end) {
    for (Completion& done : completions) done(end);
    completions.clear();
  }
  // REQUIRES: the lock, and the timer does not run.
  Completion Finish(std::uint32_t ping) {
    for (boost::signals2::connection& connection : pings_[ping].connections) connection.disconnect();
    pings_[ping].held = false;
    return std::move(pings_[ping].done);
  }

  const Keys& keys_;
  std::mutex mutex_;  // guards the rest
  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Signal>> signals_;
  AsioTimers timers_;  // outlives the timers of the PINGs
  std::vector<Ping> pings_;
  std::int64_t now_ms_ = 0;
};
static_assert(Index<Signals2Index>);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_SIGNALS2_INDEX_H_
