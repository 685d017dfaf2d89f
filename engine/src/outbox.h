// SPDX-License-Identifier: Apache-2.0
//
// Outbox: what a shard has decided to ask of the store and has not yet handed over: writes, and mailboxes to read. Filled under the shard's
// lock, handed over outside of it, in the order in which it was filled, so that a read comes after the writes that were decided before it.
//
// Threads:    none of its own; every call REQUIRES the shard's lock. What was taken is touched by who hands it over, until Recycle.
// Cost:       O(1); batches are used again, so that a steady state allocates nothing.
// Invariants: (1) a mailbox counts one `writes` for each time that it stands in `mailboxes` of a batch not yet confirmed;
//             (2) a waiter is told the outcome of the batch that holds its write, or of a later one.

#ifndef MAILWAKE_SRC_OUTBOX_H_
#define MAILWAKE_SRC_OUTBOX_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/src/mailbox.h"
#include "engine/src/meeting.h"
#include "engine/src/records.h"
#include "mailwake/store.h"

namespace mailwake {

class Shard;

// On its way to the store: first the batch, then the reads.
struct Outgoing {
  using Waiter = absl::AnyInvocable<void(absl::Status)>;
  WriteBatch batch;
  std::vector<Mailbox*> mailboxes;  // beside batch.mailboxes
  std::vector<Waiter> waiters;
  std::vector<Mailbox*> loads;
  Shard* shard = nullptr;
  absl::Status status;
  // Of the answer and of the return of the call that handed over: whoever comes second sees to the answer.
  Meeting meeting;
  std::size_t place = 0;  // in Outbox::all_
};

class Outbox {
 public:
  Outbox() : filling_(Make()) {}

  // A new write for the mailbox, to be filled.
  MailboxWrite& Add(Mailbox& mailbox) {
    ++mailbox.writes;
    filling_->mailboxes.push_back(&mailbox);
    MailboxWrite& write = filling_->batch.mailboxes.Next();
    BeginWrite(mailbox, write);
    return write;
  }
  void AddLoad(Mailbox& mailbox) { filling_->loads.push_back(&mailbox); }

  // Runs once everything added so far is durable, or has failed. REQUIRES: writes().
  void Wait(Outgoing::Waiter&& waiter) {
    if (waiter) filling_->waiters.push_back(std::move(waiter));
  }

  bool writes() const { return !filling_->mailboxes.empty(); }
  bool empty() const { return !writes() && filling_->loads.empty(); }

  // What was filled. It stays the outbox's own: an engine that goes before the store has answered leaves nothing behind.
  Outgoing* Take() {
    Outgoing* const taken = filling_;
    if (spare_.empty()) {
      filling_ = Make();
    } else {
      filling_ = spare_.back();
      spare_.pop_back();
    }
    return taken;
  }

  void Recycle(Outgoing* used) {
    if (spare_.size() == kMostSpare || Large(*used)) return Drop(used);
    used->batch.mailboxes.clear();
    used->mailboxes.clear();
    used->waiters.clear();
    used->loads.clear();
    used->meeting.Reset();
    spare_.push_back(used);
  }

 private:
  static constexpr std::size_t kMostSpare = 4;
  static constexpr std::size_t kMostKept = 64;

  // Would keep much memory for nothing.
  static bool Large(const Outgoing& used) {
    return used.mailboxes.capacity() > kMostKept || std::ranges::any_of(used.batch.mailboxes, [](const MailboxWrite& write) {
             return write.folders.size() > kMostKept || write.devices.size() > kMostKept ||
                    std::ranges::any_of(write.devices, [](const auto& device) { return device.record.cursors.size() > kMostKept; });
           });
  }
  Outgoing* Make() {
    all_.push_back(std::make_unique<Outgoing>());
    all_.back()->place = all_.size() - 1;
    return all_.back().get();
  }
  void Drop(Outgoing* used) {
    const std::size_t place = used->place;
    std::swap(all_[place], all_.back());
    all_[place]->place = place;
    all_.pop_back();
  }

  std::vector<std::unique_ptr<Outgoing>> all_;
  Outgoing* filling_;
  std::vector<Outgoing*> spare_;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_OUTBOX_H_
