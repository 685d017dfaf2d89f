// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/acknowledge.h"

#include <charconv>
#include <string>
#include <utility>

namespace mailwake::eas {
namespace {

// "ID MAILBOX\0DEVICE"
bool IsOf(const Asker& asker, std::string_view name) {
  const std::string_view mailbox = asker.mailbox, device = asker.device;
  return name.size() == mailbox.size() + 1 + device.size() && name.starts_with(mailbox) && name[mailbox.size()] == '\0' &&
         name.ends_with(device);
}

}  // namespace

// With whose PING it was: behind a proxy one connection may carry several devices.
void RememberAnswered(const Asker& asker, PingId id) {
  if (asker.context->options.acknowledge != Acknowledge::kPing) return;
  char number[20];
  const auto end = std::to_chars(std::begin(number), std::end(number), id.value).ptr;
  std::string& note = asker.exchange->connection_note();
  note.clear();
  note.reserve(static_cast<std::size_t>(end - number) + asker.mailbox.size() + asker.device.size() + 2);
  note.append(number, end) += ' ';
  note.append(asker.mailbox) += '\0';
  note += asker.device;
}

void TellDelivered(const Asker& asker, bool early) {
  if (asker.context->options.acknowledge != Acknowledge::kPing) return;
  const std::string note = std::exchange(asker.exchange->connection_note(), {});
  if (early) return;
  PingId id;
  const char* const end = note.data() + note.size();
  const auto [space, error] = std::from_chars(note.data(), end, id.value);
  if (error != std::errc() || space == end || !IsOf(asker, {space + 1, end})) return;
  asker.context->engine.Delivered(asker.mailbox, asker.device, id);
}

}  // namespace mailwake::eas
