// SPDX-License-Identifier: Apache-2.0
//
// Device: what its PINGs ask, what it was told, how its last PING ended. Its id and its cursors stand beside it in the MailboxBlock.
//
// Threads:    none of its own; every use REQUIRES the shard's lock.
// Invariants: `known` devices have a record in the store, or are getting one; others are origins of changes only.

#ifndef MAILWAKE_SRC_DEVICE_H_
#define MAILWAKE_SRC_DEVICE_H_

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/src/folder.h"
#include "engine/src/folder_set.h"
#include "engine/src/maybe.h"
#include "engine/src/packed_number.h"
#include "engine/src/slot_list.h"
#include "mailwake/ping.h"
#include "mailwake/types.h"

namespace mailwake {

struct Device {
  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 60);
  using Windows = std::array<std::int64_t, kItemClasses>;
  // Acknowledge::kPing: what the last wake named, and whether the device is known to have received that.
  struct Named {
    PingId id;
    std::vector<std::pair<FolderNumber, Version>> folders;
    bool delivered = false;
  };
  // What few devices have.
  struct Rare {
    std::unique_ptr<Windows> windows;  // last wake for each class, where a class has a coalescing window
    std::unique_ptr<Named> named;
    absl::flat_hash_map<FolderNumber, Version> cursors;  // in folders that have no place in the block
  };
  // What the device was last told, to pace PINGs that ask again without having synced.
  struct Told {
    PackedNumber upto;      // the versions of told_folders are told up to here
    MaybePacked hierarchy;  // the folder list that it was told of
    PackedTime at;          // engine time of the last wake
  };
  // PINGs of the device that took each other's place, to slow two clients that use one device id.
  struct Rivalry {
    PackedTime last;
    std::uint8_t count = 0;    // in quick succession
    std::uint8_t delayed = 0;  // whose answers are being held back
  };
  struct LastEnd {
    FolderNumber folder = kNoFolder;
    PackedTime time;
    PackedNumber version;
    EndReason reason = EndReason::kExpired;
  };

  explicit Device(std::uint32_t id_place) : place(id_place) {}

  FolderSet folders;       // remembered; empty: none
  FolderSet told_folders;  // named by the last wake
  std::unique_ptr<Rare> rare;
  PingId last_id;                                 // of last_end; 0: none
  std::uint32_t place;                            // of the id in the block
  std::array<Slot, 2> watches{kNoSlot, kNoSlot};  // by PingKind
  Maybe<std::uint32_t> heartbeat_s;               // remembered
  LastEnd last_end;
  Told told;
  Rivalry rivalry;
  MaybePacked hierarchy_cursor;
  PackedTime last_seen;
  std::uint8_t repeats = 0;  // wakes in a row that told nothing new
  bool known = false;

  // The device has synced the folder, or starts over in it.
  void ForgetTold(FolderNumber folder) { told_folders.Remove(folder); }
  Named* named() { return rare ? rare->named.get() : nullptr; }
  void ForgetNamed() {
    if (rare) rare->named.reset();
  }
  void ForgetNamed(FolderNumber folder) {
    if (named() != nullptr) std::erase_if(named()->folders, [folder](const auto& entry) { return entry.first == folder; });
  }
  Named& Name() {
    if (!Extend().named) rare->named = std::make_unique<Named>();
    return *rare->named;
  }
  std::int64_t woken_ms(std::size_t item_class) const { return rare && rare->windows ? (*rare->windows)[item_class] : kLongAgo; }
  void SetWoken(std::size_t item_class, std::int64_t now_ms) {
    if (!Extend().windows) rare->windows = std::make_unique<Windows>(Windows{kLongAgo, kLongAgo, kLongAgo, kLongAgo, kLongAgo});
    (*rare->windows)[item_class] = now_ms;
  }
  Slot& watch(PingKind kind) { return watches[static_cast<std::size_t>(kind)]; }
  Slot watch(PingKind kind) const { return watches[static_cast<std::size_t>(kind)]; }

  Rare& Extend() {
    if (!rare) rare = std::make_unique<Rare>();
    return *rare;
  }
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_DEVICE_H_
