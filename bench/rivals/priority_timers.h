// SPDX-License-Identifier: Apache-2.0
//
// PriorityTimers: what is due next, by a binary heap. A cancelled timer stays in it, out of date, until it comes up or the heap is cleaned:
// when half of it is out of date.
//
// Threads:    none of its own; the owner locks.
// Cost:       Schedule O(log timers); Cancel O(1), cleaning spread over many.
// Example:    timers.Schedule(7, due_ms, handle); timers.Advance(now_ms, [](std::uint32_t id) { ... });

#ifndef MAILWAKE_BENCH_RIVALS_PRIORITY_TIMERS_H_
#define MAILWAKE_BENCH_RIVALS_PRIORITY_TIMERS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace mailwake::bench {

class PriorityTimers {
 public:
  struct Handle {};

  void Schedule(std::uint32_t id, std::int64_t due_ms, Handle&) {
    if (id >= generations_.size()) generations_.resize(std::max<std::size_t>(id + 1, 2 * generations_.size()));
    heap_.push({due_ms, id, ++generations_[id]});
  }
  void Cancel(std::uint32_t id, Handle&) {
    ++generations_[id];
    if (++stale_ > heap_.size() / 2 + 64) Clean();
  }

  // Calls expired(id) for each timer due by now; it is no longer scheduled in the call.
  template <typename Expired>
  void Advance(std::int64_t now_ms, Expired expired) {
    while (!heap_.empty() && heap_.top().due_ms <= now_ms) {
      const Entry entry = heap_.top();
      heap_.pop();
      if (Live(entry)) {
        expired(entry.id);
      } else {
        --stale_;
      }
    }
  }

 private:
  struct Entry {
    std::int64_t due_ms;
    std::uint32_t id;
    std::uint32_t generation;
    bool operator>(const Entry& other) const { return due_ms > other.due_ms; }
  };
  // Gives the heap's own vector back.
  struct Heap : std::priority_queue<Entry, std::vector<Entry>, std::greater<>> {
    std::vector<Entry>& entries() { return c; }
  };

  bool Live(const Entry& entry) const { return generations_[entry.id] == entry.generation; }
  void Clean() {
    std::erase_if(heap_.entries(), [this](const Entry& entry) { return !Live(entry); });
    std::make_heap(heap_.entries().begin(), heap_.entries().end(), std::greater<>());
    stale_ = 0;
  }

  Heap heap_;
  std::vector<std::uint32_t> generations_;  // of the last timer, by id
  std::size_t stale_ = 0;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_PRIORITY_TIMERS_H_
