// SPDX-License-Identifier: Apache-2.0
//
// TraceRing: the last ends of an engine, for Explain.
//
// Threads:    all calls from any thread; one lock a delivered batch, never one a PING.
// Cost:       Add O(1), without allocation once the ring is full of strings of that length; Find O(ring).

#ifndef MAILWAKE_SRC_TRACE_RING_H_
#define MAILWAKE_SRC_TRACE_RING_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "engine/src/plant.h"
#include "mailwake/mutex.h"
#include "mailwake/report.h"

namespace mailwake {

class TraceRing {
 public:
  explicit TraceRing(std::size_t size) : size_(size) {}

  void Add(std::span<const EndRecord> ends) {
    if (size_ == 0) return;
    MutexLock lock(mutex_);
    for (const EndRecord& end : ends) {
      if (ring_.size() < size_) {
        ring_.push_back(end);
      } else {
        ring_[next_] = end;  // in the memory of the one that was there
      }
      next_ = (next_ + 1) % size_;
    }
  }

  // Those of a device, newest first.
  std::vector<EndRecord> Find(std::string_view mailbox, std::string_view device) const {
    std::vector<EndRecord> found;
    MutexLock lock(mutex_);
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const EndRecord& end = ring_[Planted(Plant::kTraceOldestFirst) ? i : (next_ + size_ - 1 - i) % size_];
      if (end.mailbox == mailbox && end.device == device) found.push_back(end);
    }
    return found;
  }

 private:
  const std::size_t size_;
  mutable Mutex mutex_;
  std::vector<EndRecord> ring_ ABSL_GUARDED_BY(mutex_);
  std::size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_TRACE_RING_H_
