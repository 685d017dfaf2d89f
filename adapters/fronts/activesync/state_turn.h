// SPDX-License-Identifier: Apache-2.0
//
// StateTurn: a device's state while one of its requests has its turn. Read when the turn begins, written if it changed.
//
// Threads:    used on the call's loop only.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_STATE_TURN_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_STATE_TURN_H_

#include <absl/functional/any_invocable.h>

#include <memory>

#include "adapters/fronts/activesync/call.h"
#include "adapters/fronts/activesync/device_state.h"

namespace mailwake::eas {

class StateTurn : public std::enable_shared_from_this<StateTurn> {
 public:
  using Ptr = std::shared_ptr<StateTurn>;
  using Work = absl::AnyInvocable<void(Ptr)>;

  // Runs `work` on the call's loop once it is the device's turn. If too many wait or the state cannot be read, answers 503 itself.
  static void Take(const CallPtr& call, Work work);

  // Change it in place, then Save.
  DeviceState& state() { return state_; }
  // Writes the state if it changed. `done` runs on the call's loop; if the write failed it does not run, and 503 is answered: the device
  // repeats its request, and its last key is still good. The turn lasts until the last copy of the pointer is gone.
  void Save(absl::AnyInvocable<void(Ptr)> done);

  StateTurn(CallPtr call, DeviceQueue::Turn turn, const std::string& text)
      : call_(std::move(call)), turn_(std::move(turn)), state_(Deserialize(text)), stored_(state_) {}

 private:
  CallPtr call_;
  DeviceQueue::Turn turn_;
  DeviceState state_;
  DeviceState stored_;
};

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_STATE_TURN_H_
