// SPDX-License-Identifier: Apache-2.0
//
// The fleet's made-up accounts: mailbox M is fleet-00000M@example.org, counted from 1, and every mailbox has the same folder list. Devices
// are numbered through: mailbox 0 has the first `per_mailbox` ones.
//
// Threads:    pure functions and constants; CountMailboxesFrom before any other thread runs.

#ifndef MAILWAKE_BENCH_FLEET_MAILBOXES_H_
#define MAILWAKE_BENCH_FLEET_MAILBOXES_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "mailwake/types.h"

namespace mailwake::fleet {

using MailboxIndex = std::uint32_t;

struct FleetFolder {
  std::string_view id;
  std::string_view name;
  ItemClass item_class;
  int type;  // MS-ASCMD 2.2.3.186.3
};

// Devices watch all of them but `sent`, as phones do.
inline constexpr std::array<FleetFolder, 6> kFolders = {{{"inbox", "Inbox", ItemClass::kEmail, 2},
                                                         {"lists", "Lists", ItemClass::kEmail, 12},
                                                         {"calendar", "Calendar", ItemClass::kCalendar, 8},
                                                         {"contacts", "Contacts", ItemClass::kContacts, 9},
                                                         {"tasks", "Tasks", ItemClass::kTasks, 7},
                                                         {"sent", "Sent", ItemClass::kEmail, 5}}};
enum FolderSlot : std::uint8_t { kInbox, kLists, kCalendar, kContacts, kTasks, kSent };

// From that number on instead of 1, so that several fleets can be at one server. REQUIRES: before anything else runs.
void CountMailboxesFrom(std::uint32_t number);
std::string MailboxName(MailboxIndex mailbox);
// 1 to 32 letters and digits, as MS-ASHTTP wants it.
std::string DeviceName(MailboxIndex mailbox, std::uint32_t ordinal);
// The body of PUT /v1/mailboxes/MAILBOX/folders.
std::string FolderListJson();
// One line of a passwd-file for `mailwake user import`.
std::string PasswdLine(MailboxIndex mailbox, std::string_view password);

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_MAILBOXES_H_
