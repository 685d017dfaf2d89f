// SPDX-License-Identifier: Apache-2.0
//
// DeviceTable: the devices of one mailbox: how far each has synced, what its PINGs ask, what it was told.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Find O(devices), a scan of 32-bit hashes; the rest O(1). A device's address is good until the next Create.
// Invariants: (1) a device's number never changes while the mailbox is in memory; (2) ids are unique.

#ifndef MAILWAKE_SRC_DEVICE_TABLE_H_
#define MAILWAKE_SRC_DEVICE_TABLE_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/src/folder_index.h"
#include "engine/src/maybe.h"
#include "engine/src/packed_array.h"
#include "engine/src/packed_text.h"
#include "engine/src/slot_list.h"
#include "mailwake/ping.h"
#include "mailwake/types.h"

namespace mailwake {

// What a device was last told, to pace PINGs that ask again without having synced.
struct Told {
  FolderSet folders;         // named by the last wake
  Version upto = 0;          // and told are their versions up to here
  Maybe<Version> hierarchy;  // the folder list that it was told of
  std::int64_t at_ms = 0;    // engine time of the last wake
};

// PINGs of the device that took each other's place, to slow two clients that use one device id.
struct Rivalry {
  std::int64_t last_ms : 48 = 0;
  std::uint64_t count : 8 = 0;    // in quick succession
  std::uint64_t delayed : 8 = 0;  // whose answers are being held back
};

struct LastEnd {
  PingId id;  // 0: none
  Time time;
  Version version = 0;
  FolderNumber folder = kNoFolder;
  EndReason reason = EndReason::kExpired;
};

// A version in six bytes.
class PackedVersion {
 public:
  void Set(Version version) { words_ = {Word(version), Word(version >> 16), Word(version >> 32)}; }
  Version Get() const { return words_[0] | Version{words_[1]} << 16 | Version{words_[2]} << 32; }

 private:
  static std::uint16_t Word(Version version) { return static_cast<std::uint16_t>(version); }

  std::array<std::uint16_t, 3> words_{};
};

struct Device {
  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 60);
  using Windows = std::array<std::int64_t, kItemClasses>;
  // Acknowledge::kPing: what the last wake named, and whether the device is known to have received that.
  struct Named {
    std::vector<std::pair<FolderNumber, Version>> folders;
    bool delivered = false;
  };

  PackedText id;
  std::uint32_t hash;                  // of the id
  Maybe<std::uint32_t> heartbeat_s;    // remembered, as is `folders`
  FolderSet folders;                   // empty: none remembered
  PackedArray<PackedVersion> cursors;  // by folder number; missing: 0
  Maybe<Version> hierarchy_cursor;
  Time last_seen{};
  Told told;
  LastEnd last_end;
  Rivalry rivalry;
  std::unique_ptr<Windows> windows;  // last wake for each class, where a class has a coalescing window
  std::unique_ptr<Named> named;
  std::array<Slot, 2> watches{kNoSlot, kNoSlot};  // by PingKind
  std::uint8_t repeats = 0;                       // wakes in a row that told nothing new
  bool known = false;                             // the store has (or is getting) a record of it; others are origins only

  Version cursor(FolderNumber folder) const { return folder < cursors.size() ? cursors[folder].Get() : 0; }
  void SetCursor(FolderNumber folder, Version version) {
    if (cursors.size() <= folder) {
      if (version == 0) return;
      cursors.grow_to(folder + 1);
    }
    cursors[folder].Set(version);
  }
  // The device has synced the folder, or starts over in it.
  void ForgetTold(FolderNumber folder) { told.folders.Remove(folder); }
  void ForgetNamed(FolderNumber folder) {
    if (named) std::erase_if(named->folders, [folder](const auto& entry) { return entry.first == folder; });
  }
  std::int64_t woken_ms(std::size_t item_class) const { return windows ? (*windows)[item_class] : kLongAgo; }
  void SetWoken(std::size_t item_class, std::int64_t now_ms) {
    if (!windows) windows = std::make_unique<Windows>(Windows{kLongAgo, kLongAgo, kLongAgo, kLongAgo, kLongAgo});
    (*windows)[item_class] = now_ms;
  }
  Slot& watch(PingKind kind) { return watches[static_cast<std::size_t>(kind)]; }
};

class DeviceTable {
 public:
  DeviceNumber Find(std::string_view id) const;  // kNoDevice if there is none
  DeviceNumber Create(std::string_view id);      // REQUIRES: Find(id) == kNoDevice
  Device& operator[](DeviceNumber number) { return devices_[number]; }
  const Device& operator[](DeviceNumber number) const { return devices_[number]; }
  std::size_t size() const { return devices_.size(); }

 private:
  PackedArray<Device> devices_;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_DEVICE_TABLE_H_
