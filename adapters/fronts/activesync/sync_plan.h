// SPDX-License-Identifier: Apache-2.0
//
// What a Sync request comes to, given what is remembered of the device and the mailbox's folders. No I/O.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_SYNC_PLAN_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_SYNC_PLAN_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "adapters/fronts/activesync/device_state.h"
#include "adapters/fronts/activesync/sync_document.h"
#include "mailwake/adapters/activesync.h"
#include "mailwake/engine.h"

namespace mailwake::eas {

// One collection's part.
struct SyncStep {
  enum class Move {
    kReset,  // SyncKey 0: a new key and no items
    kServe,  // what came after `from`
    kFail,   // `status` is the answer
  };
  SyncCollection request;
  Move move = Move::kFail;
  SyncStatus status = SyncStatus::kOk;
  ItemClass item_class = ItemClass::kEmail;
  SyncPoint from;       // what the device has
  bool repeat = false;  // the previous key came: the device shows that it lost the last answer
  SyncProvider::Answer answer;
};

// What is wrong with a request as a whole.
struct SyncFault {
  SyncStatus status = SyncStatus::kOk;
  std::optional<std::int64_t> limit;
};

// Puts in what an empty or partial request leaves out. Fault: 13 if nothing is remembered, 4 if there is no collection.
std::optional<SyncFault> Complete(SyncRequest& request, const std::optional<RememberedSync>& remembered);
// Faults 14 and 15.
std::optional<SyncFault> CheckLimits(const SyncRequest& request, const ActiveSyncOptions& options);
RememberedSync Remember(const SyncRequest& request);

// Fault 12: a folder that the device was told of is gone, or nobody knows what list it has.
std::optional<SyncFault> Plan(const SyncRequest& request, const DeviceState& state, const FolderList& folders,
                              std::vector<SyncStep>& steps);

// Whether there is nothing to give at once, so that the request may hang.
bool MayHang(const std::vector<SyncStep>& steps);

// The state after `steps` were served, and the answer that says so.
std::vector<AnsweredCollection> Advance(DeviceState& state, const std::vector<SyncStep>& steps, bool name_classes);
// Served whole: the device's cursor in it may move.
bool ServedWhole(const SyncStep& step);

std::chrono::seconds Seconds(const SyncWait& wait);
// A bound in seconds, in the unit of the request.
std::int64_t InUnitOf(const SyncWait& wait, std::chrono::seconds bound, bool minimum);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_SYNC_PLAN_H_
