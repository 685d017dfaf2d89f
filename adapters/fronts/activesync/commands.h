// SPDX-License-Identifier: Apache-2.0
//
// What each command does with an authenticated call. Each answers the call once, now or later, on its exchange's loop.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_COMMANDS_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_COMMANDS_H_

#include "adapters/fronts/activesync/call.h"

namespace mailwake::eas {

void RunPing(const CallPtr& call);
void RunSync(const CallPtr& call);
void RunFolderSync(const CallPtr& call);
void RunProvision(const CallPtr& call);
void RunSettings(const CallPtr& call);
// OPTIONS: has no query.
void RunOptions(HttpExchange& exchange);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_COMMANDS_H_
