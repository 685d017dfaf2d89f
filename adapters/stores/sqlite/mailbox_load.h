// SPDX-License-Identifier: Apache-2.0
//
// Reading a mailbox whole.
//
// Threads:    as the connection.
// Cost:       three short scans, each over neighbouring rows.
// Invariants: only makes sense inside Connection::Read. DataLoss: a row that mailwake cannot have written.

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_MAILBOX_LOAD_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_MAILBOX_LOAD_H_

#include <absl/status/status.h>

#include <string>

#include "adapters/stores/sqlite/connection.h"
#include "mailwake/store.h"

namespace mailwake {

// Into an empty record.
absl::Status LoadMailbox(Connection& connection, const std::string& mailbox, MailboxRecord& record);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_MAILBOX_LOAD_H_
