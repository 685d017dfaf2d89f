// SPDX-License-Identifier: Apache-2.0
//
// BlockList: the devices that are turned away, as the store last told.
//
// Threads:    any.
// Cost:       nobody is blocked: one load, no lock.

#ifndef MAILWAKE_SERVER_BLOCK_LIST_H_
#define MAILWAKE_SERVER_BLOCK_LIST_H_

#include <algorithm>
#include <atomic>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/adapters/account_store.h"
#include "mailwake/mutex.h"

namespace mailwake::server {

class BlockList {
 public:
  bool Holds(std::string_view user, std::string_view device) const {
    if (!any_) return false;
    MutexLock lock(mutex_);
    return devices_.contains({.user = std::string(user), .device = std::string(device)});
  }

  // These and no others from now on. Answers those that were not blocked before.
  std::vector<BlockedDevice> Set(const std::vector<BlockedDevice>& all) {
    std::set<BlockedDevice> devices(all.begin(), all.end());
    std::vector<BlockedDevice> fresh;
    MutexLock lock(mutex_);
    std::set_difference(devices.begin(), devices.end(), devices_.begin(), devices_.end(), std::back_inserter(fresh));
    devices_ = std::move(devices);
    any_ = !devices_.empty();
    return fresh;
  }

 private:
  std::atomic<bool> any_{false};
  mutable Mutex mutex_;
  std::set<BlockedDevice> devices_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_BLOCK_LIST_H_
