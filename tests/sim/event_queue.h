// SPDX-License-Identifier: Apache-2.0
//
// EventQueue: virtual time, and the only source of order in a simulated world. What is due at the same time runs in the order of the calls.
//
// Threads:    one thread.
// Cost:       O(log n) an event.
// Invariants: (1) time never goes back; (2) an event that is put into the past runs now.
// Example:    queue.After(Duration(250), [this] { Arrive(); }); while (queue.RunOne()) { }

#ifndef MAILWAKE_TESTS_SIM_EVENT_QUEUE_H_
#define MAILWAKE_TESTS_SIM_EVENT_QUEUE_H_

#include <absl/functional/any_invocable.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "mailwake/types.h"

namespace mailwake::sim {

class EventQueue {
 public:
  using Event = absl::AnyInvocable<void()>;

  Time now() const { return now_; }
  // Always shows now().
  const Time& clock() const { return now_; }
  // Runs whenever time has moved, before the event that is due then.
  void set_ticked(std::function<void()> ticked) { ticked_ = std::move(ticked); }
  std::uint64_t run() const { return run_; }
  void At(Time time, Event event) {
    heap_.push_back({std::max(time, now_), next_++, std::move(event)});
    std::push_heap(heap_.begin(), heap_.end());
  }
  void After(Duration delay, Event event) { At(now_ + delay, std::move(event)); }

  // Runs the next event, if it is due by `end`; else time moves there.
  bool RunOne(Time end) {
    if (heap_.empty() || heap_.front().time > end) {
      now_ = std::max(now_, end);
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end());
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    const bool moved = entry.time != now_;
    now_ = entry.time;
    ++run_;
    if (moved && ticked_) ticked_();
    entry.event();
    return true;
  }

 private:
  struct Entry {
    Time time;
    std::uint64_t number;
    Event event;
    bool operator<(const Entry& other) const { return time != other.time ? time > other.time : number > other.number; }
  };

  Time now_ = Time(std::chrono::hours(24 * 365 * 50));
  std::uint64_t next_ = 0;
  std::uint64_t run_ = 0;
  std::vector<Entry> heap_;
  std::function<void()> ticked_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_EVENT_QUEUE_H_
