// SPDX-License-Identifier: Apache-2.0
//
// Acknowledge::kPing: a device's next request on the same connection shows that it has the answer of its PING. The connection's note holds
// which PING that was.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_ACKNOWLEDGE_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_ACKNOWLEDGE_H_

#include "adapters/fronts/activesync/call.h"

namespace mailwake::eas {

// A PING of the asker's is being answered.
void RememberAnswered(const Asker& asker, PingId id);
// This is the next request on the asker's connection; `early`: it had come before the answer had gone.
void TellDelivered(const Asker& asker, bool early);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_ACKNOWLEDGE_H_
