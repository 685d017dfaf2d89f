// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/recent_devices.h"

namespace mailwake::http_source {

void RecentDevices::Note(std::span<const EndRecord> ends) {
  if (ends.size() > most_) ends = ends.last(most_);
  MutexLock lock(mutex_);
  for (const EndRecord& end : ends) {
    if (ring_.size() < most_) ring_.emplace_back();
    Entry& entry = ring_[next_];
    entry.mailbox = end.mailbox;  // the strings' memory is used again
    entry.device = end.device;
    next_ = (next_ + 1) % most_;
  }
}

std::set<std::string> RecentDevices::Mailboxes(std::string_view device) const {
  std::set<std::string> mailboxes;
  MutexLock lock(mutex_);
  for (const Entry& entry : ring_) {
    if (entry.device == device) mailboxes.insert(entry.mailbox);
  }
  return mailboxes;
}

}  // namespace mailwake::http_source
