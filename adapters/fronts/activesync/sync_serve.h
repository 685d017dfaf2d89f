// SPDX-License-Identifier: Apache-2.0
//
// Serving the steps of a Sync: the cursors that start over, the provider's data, the new keys, the answer, and the cursors that move once
// it was written.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_SYNC_SERVE_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_SYNC_SERVE_H_

#include <vector>

#include "adapters/fronts/activesync/call.h"
#include "adapters/fronts/activesync/state_turn.h"
#include "adapters/fronts/activesync/sync_plan.h"

namespace mailwake::eas {

// Answers the call. The device's turn lasts until the answer was written, so that no later request meets a cursor that is still to move.
void Serve(const CallPtr& call, StateTurn::Ptr turn, std::vector<SyncStep> steps);

// Holds the call until one of its collections changed, its time is over, or something else ends it; then answers. MayHang(steps) is true.
void Hang(const CallPtr& call, const SyncWait& wait, std::vector<SyncStep> steps);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_SYNC_SERVE_H_
