// SPDX-License-Identifier: Apache-2.0
//
// DeviceQueue: the requests of one device that touch its state, one after the other.
//
// Threads:    from any thread; work runs on the thread that calls Run or that ends the turn before.
// Invariants: (1) one turn a device at a time; turns come in the order of Run;
//             (2) a turn ends when the last copy of its Turn is gone, so that no path can forget to end it;
//             (3) no more than `most` wait for one device.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_DEVICE_QUEUE_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_DEVICE_QUEUE_H_

#include <absl/container/flat_hash_map.h>
#include <absl/functional/any_invocable.h>

#include <deque>
#include <memory>
#include <string>

#include "mailwake/mutex.h"

namespace mailwake::eas {

class DeviceQueue {
 public:
  using Turn = std::shared_ptr<void>;
  using Work = absl::AnyInvocable<void(Turn)>;

  explicit DeviceQueue(std::size_t most) : table_(std::make_shared<Table>()), most_(most) {}

  // False: too many wait already, and `work` is dropped.
  bool Run(const std::string& device, Work work);

 private:
  struct Table {
    Mutex mutex;
    // The device has a turn now; these wait.
    absl::flat_hash_map<std::string, std::deque<Work>> waiting ABSL_GUARDED_BY(mutex);
  };
  static Turn MakeTurn(std::shared_ptr<Table> table, std::string device);
  static void EndTurn(const std::shared_ptr<Table>& table, const std::string& device);

  std::shared_ptr<Table> table_;
  std::size_t most_;
};

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_DEVICE_QUEUE_H_
