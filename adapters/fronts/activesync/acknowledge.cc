// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/acknowledge.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <string>
#include <utility>

namespace mailwake::eas {

// With whose PING it was: behind a proxy one connection may carry several devices.
void RememberAnswered(const Asker& asker, PingId id) {
  if (asker.context->options.acknowledge != Acknowledge::kPing) return;
  asker.exchange->connection_note() = absl::StrCat(id.value, " ", asker.name());
}

void TellDelivered(const Asker& asker, bool early) {
  if (asker.context->options.acknowledge != Acknowledge::kPing) return;
  const std::string note = std::exchange(asker.exchange->connection_note(), {});
  if (early) return;
  const std::size_t space = note.find(' ');
  if (space == std::string::npos || note.substr(space + 1) != asker.name()) return;
  PingId id;
  if (absl::SimpleAtoi(note.substr(0, space), &id.value)) asker.context->engine.Delivered(asker.mailbox, asker.device, id);
}

}  // namespace mailwake::eas
