// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/acknowledge.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <string>
#include <utility>

namespace mailwake::eas {
namespace {

// Whose PING it was: behind a proxy one connection may carry several devices.
std::string Owner(const Call& call) { return call.mailbox + '\0' + call.query.device; }

}  // namespace

void RememberAnswered(const Call& call, PingId id) {
  if (call.options().acknowledge != Acknowledge::kPing) return;
  call.exchange->connection_note() = absl::StrCat(id.value, " ", Owner(call));
}

void TellDelivered(const Call& call) {
  if (call.options().acknowledge != Acknowledge::kPing) return;
  const std::string note = std::exchange(call.exchange->connection_note(), {});
  const std::size_t space = note.find(' ');
  if (space == std::string::npos || note.substr(space + 1) != Owner(call)) return;
  PingId id;
  if (absl::SimpleAtoi(note.substr(0, space), &id.value)) call.engine().Delivered(call.mailbox, call.query.device, id);
}

}  // namespace mailwake::eas
