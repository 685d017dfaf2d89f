// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/mailboxes.h"

#include <cstdio>

namespace mailwake::fleet {
namespace {

std::string SixDigits(std::uint32_t number) {
  char text[16];
  std::snprintf(text, sizeof text, "%06u", number);
  return text;
}

std::uint32_t first = 1;

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

void CountMailboxesFrom(std::uint32_t number) { first = number; }

std::string MailboxName(MailboxIndex mailbox) { return "fleet-" + SixDigits(mailbox + first) + "@example.org"; }

std::string DeviceName(MailboxIndex mailbox, std::uint32_t ordinal) {
  return "fleet" + SixDigits(mailbox + first) + "d" + std::to_string(ordinal + 1);
}

std::string FolderListJson() {
  std::string json = "[";
  for (const FleetFolder& folder : kFolders) {
    if (json.size() > 1) json += ',';
    json += "{\"id\":" + Quoted(folder.id) + ",\"name\":" + Quoted(folder.name) + ",\"class\":" + Quoted(Name(folder.item_class)) +
            ",\"type\":" + std::to_string(folder.type) + "}";
  }
  return json + "]";
}

std::string PasswdLine(MailboxIndex mailbox, std::string_view password) {
  return MailboxName(mailbox) + ":{PLAIN}" + std::string(password) + "\n";
}

}  // namespace mailwake::fleet
