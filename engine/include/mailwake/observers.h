// SPDX-License-Identifier: Apache-2.0
//
// Observers: where metrics, traces and status pages connect. Boost.Signals2, one emission for each delivered batch, never one a PING; an
// emission that nobody listens to costs one test.
//
// Threads:    connect and disconnect from any thread; slots run on the thread that delivers, outside every lock, and may call the engine.
// Example:    engine->observers().ended.connect([](std::span<const EndRecord> ends) { Count(ends); });

#ifndef MAILWAKE_OBSERVERS_H_
#define MAILWAKE_OBSERVERS_H_

#include <atomic>
#include <boost/signals2/signal.hpp>
#include <span>
#include <utility>

#include "mailwake/report.h"

namespace mailwake {

// A Boost.Signals2 signal that costs next to nothing until somebody connects for the first time.
template <typename Signature>
class Observer {
 public:
  using Signal = boost::signals2::signal<Signature>;

  boost::signals2::connection connect(const typename Signal::slot_type& slot) {
    used_.store(true, std::memory_order_release);
    return signal_.connect(slot);
  }
  bool empty() const { return !used_.load(std::memory_order_acquire) || signal_.empty(); }
  template <typename... Args>
  void operator()(Args&&... args) {
    if (!empty()) signal_(std::forward<Args>(args)...);
  }

 private:
  std::atomic<bool> used_{false};
  Signal signal_;
};

struct Observers {
  // PINGs that have just been delivered.
  Observer<void(std::span<const EndRecord>)> ended;
  // The mean of the heartbeats fell to the threshold; again only after it has been above.
  Observer<void(const HeartbeatReport&)> heartbeat_alarm;
};

}  // namespace mailwake

#endif  // MAILWAKE_OBSERVERS_H_
