// SPDX-License-Identifier: Apache-2.0
//
// Outbox: what a shard has decided to write and has not yet handed to the store. Filled under the shard's lock, handed over outside of it,
// in the order in which it was filled.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Invariants: (1) a mailbox counts one `writes` for each time that it stands in `mailboxes` of a batch not yet confirmed;
//             (2) a waiter is told the outcome of the batch that holds its write, or of a later one.

#ifndef MAILWAKE_SRC_OUTBOX_H_
#define MAILWAKE_SRC_OUTBOX_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <utility>
#include <vector>

#include "engine/src/mailbox.h"
#include "mailwake/store.h"

namespace mailwake {

// A batch on its way.
struct Outgoing {
  using Waiter = absl::AnyInvocable<void(absl::Status)>;

  WriteBatch batch;
  std::vector<Mailbox*> mailboxes;  // beside batch.mailboxes
  std::vector<Waiter> waiters;
};

class Outbox {
 public:
  // A new write for the mailbox, to be filled.
  MailboxWrite& Add(Mailbox& mailbox) {
    ++mailbox.writes;
    filling_.mailboxes.push_back(&mailbox);
    filling_.batch.mailboxes.push_back({.mailbox = mailbox.id});
    return filling_.batch.mailboxes.back();
  }

  // Runs once everything added so far is durable, or has failed. REQUIRES: something was added.
  void Wait(Outgoing::Waiter waiter) {
    if (waiter) filling_.waiters.push_back(std::move(waiter));
  }

  bool empty() const { return filling_.mailboxes.empty(); }
  Outgoing Take() { return std::exchange(filling_, {}); }

 private:
  Outgoing filling_;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_OUTBOX_H_
