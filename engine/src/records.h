// SPDX-License-Identifier: Apache-2.0
//
// Records: what the store keeps of a mailbox in memory.
//
// Threads:    pure functions; REQUIRE the shard's lock while they read the mailbox.

#ifndef MAILWAKE_SRC_RECORDS_H_
#define MAILWAKE_SRC_RECORDS_H_

#include "engine/src/mailbox.h"
#include "mailwake/store.h"

namespace mailwake {

FolderRecord RecordOf(const Mailbox& mailbox, FolderNumber folder);
// Without cursors.
DeviceRecord RecordOf(const Mailbox& mailbox, const Device& device);
// The device's cursors in these folders only; the rest of its record stays as stored.
MailboxWrite::DeviceWrite CursorsOf(const Mailbox& mailbox, const Device& device, const FolderSet& folders);
// Everything: makes the store as memory is.
MailboxWrite WholeOf(const Mailbox& mailbox);

}  // namespace mailwake

#endif  // MAILWAKE_SRC_RECORDS_H_
