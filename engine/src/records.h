// SPDX-License-Identifier: Apache-2.0
//
// What memory holds of a mailbox, as records of the store. Written into records that were used before, so that a steady state allocates
// nothing.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.

#ifndef MAILWAKE_SRC_RECORDS_H_
#define MAILWAKE_SRC_RECORDS_H_

#include "engine/src/mailbox.h"
#include "mailwake/store.h"

namespace mailwake {

// Nothing is written of the mailbox yet.
void BeginWrite(const Mailbox& mailbox, MailboxWrite& write);
void AddHierarchy(const Mailbox& mailbox, MailboxWrite& write);
void AddFolder(const Mailbox& mailbox, FolderNumber folder, MailboxWrite& write);
// The device's record, without cursors.
void AddDevice(const Mailbox& mailbox, const Device& device, MailboxWrite& write);
// The device's cursors in these folders only; the rest of its record stays as stored.
void AddCursors(const Mailbox& mailbox, const Device& device, const FolderSet& folders, MailboxWrite& write);
// Everything: makes the store as memory is.
void AddWhole(const Mailbox& mailbox, MailboxWrite& write);

}  // namespace mailwake

#endif  // MAILWAKE_SRC_RECORDS_H_
