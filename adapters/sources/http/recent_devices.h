// SPDX-License-Identifier: Apache-2.0
//
// RecentDevices: in which mailboxes a device's PINGs ended lately, so that one can ask for a device without naming its mailbox.
//
// Threads:    every call from any thread.
// Cost:       Note O(ends of the batch) under one lock; Mailboxes O(kept). Keeps `most` ends, no more.

#ifndef MAILWAKE_SOURCES_HTTP_RECENT_DEVICES_H_
#define MAILWAKE_SOURCES_HTTP_RECENT_DEVICES_H_

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/mutex.h"
#include "mailwake/report.h"

namespace mailwake::http_source {

class RecentDevices {
 public:
  explicit RecentDevices(std::size_t most) : most_(most) {}

  void Note(std::span<const EndRecord> ends);
  std::set<std::string> Mailboxes(std::string_view device) const;

 private:
  struct Entry {
    std::string mailbox;
    std::string device;
  };
  const std::size_t most_;
  mutable Mutex mutex_;
  std::vector<Entry> ring_ ABSL_GUARDED_BY(mutex_);
  std::size_t next_ ABSL_GUARDED_BY(mutex_) = 0;  // the oldest once the ring is full
};

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_RECENT_DEVICES_H_
