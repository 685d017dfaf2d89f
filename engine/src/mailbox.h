// SPDX-License-Identifier: Apache-2.0
//
// Mailbox: one account's folders and devices in memory, and who waits in it. Numbers only: nothing is queued here but calls that came while
// the mailbox was being read.
//
// Threads:    none of its own; every use REQUIRES the shard's lock.
// Invariants: (1) while `loading`, folders and devices are empty and calls wait in `deferred`;
//             (2) it stays in memory while a watch points to it, a write of it is not durable, or calls wait;
//             (3) memory never goes back: a failed commit marks it `unsaved`, and it is written again.

#ifndef MAILWAKE_SRC_MAILBOX_H_
#define MAILWAKE_SRC_MAILBOX_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/src/crowd.h"
#include "engine/src/mailbox_block.h"
#include "engine/src/plant.h"
#include "engine/src/slot_list.h"
#include "mailwake/store.h"

namespace mailwake {

struct Effects;

struct Mailbox : MailboxBlock {
  // A call that waits for the mailbox; told whether it was read.
  using Deferred = absl::AnyInvocable<void(const absl::Status& loaded, Mailbox& mailbox, Effects& effects)>;

  // What few mailboxes have.
  struct Rare {
    std::vector<Deferred> deferred;
    std::vector<std::string> erased;  // folders whose erasure may not be stored yet
    std::unique_ptr<Crowd> crowd;     // if very many PINGs wait here
  };

  using MailboxBlock::MailboxBlock;

  std::uint32_t place = 0;  // in the shard's MailboxTable, this and the next three
  std::uint32_t tag = 0;    // of the id
  std::uint32_t idle_previous = 0;
  std::uint32_t idle_next = 0;
  SlotList watchers;                // that are judged
  SlotList aside;                   // that wait for the mailbox to be read, or to be answered late
  std::uint32_t watching = 0;       // in `watchers`
  std::uint32_t watches = 0;        // that point here, delivered ones not
  std::uint32_t writes = 0;         // commits on their way
  std::uint32_t known_devices = 0;  // that have a record of their own
  PackedVersion hierarchy;          // of the folder list
  PackedVersion suspect_seen;       // Suspect(all) has been applied up to here
  bool loading : 1 = true;
  bool load_in_flight : 1 = false;
  bool declared : 1 = false;  // has a declared folder list
  bool unsaved : 1 = false;   // a commit failed: memory is newer than the store
  bool idle : 1 = false;      // in the shard's idle list
  std::unique_ptr<Rare> rare;

  bool pinned() const { return watches > 0 || unwritten() || load_in_flight || !deferred().empty(); }
  bool unwritten() const { return (writes > 0 && !Planted(Plant::kEvictUnwritten)) || unsaved; }

  std::span<const Deferred> deferred() const { return rare ? std::span<const Deferred>(rare->deferred) : std::span<const Deferred>(); }
  Rare& Extend() {
    if (!rare) rare = std::make_unique<Rare>();
    return *rare;
  }
  Crowd* crowd() const { return rare ? rare->crowd.get() : nullptr; }
  // Everything is stored.
  void ForgetErased() {
    if (!rare) return;
    if (rare->deferred.empty() && !rare->crowd) return rare.reset();
    rare->erased.clear();
  }

  // The device of that id, made if it is new; kNoDevice if there is no room (at most `limit`).
  DeviceNumber InternDevice(std::string_view device, std::size_t limit);
  // The number for a new folder: that of an erased folder which no device remembers and `watched` does not hold, or a new one.
  FolderNumber FreeFolderNumber(const FolderSet& watched) const;
  // Every device starts over in the folder.
  void DropCursors(FolderNumber folder);
  // Changes may have been missed in every folder: gives each at least this version, by nobody in particular.
  void SuspectAll(Version version);
  // Takes what the store knows. REQUIRES: loading.
  void Adopt(MailboxRecord record);
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_MAILBOX_H_
