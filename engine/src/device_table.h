// SPDX-License-Identifier: Apache-2.0
//
// DeviceTable: the devices of one mailbox: how far each has synced, what its PINGs ask, what it was told.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Find O(devices), a scan of 32-bit hashes; the rest O(1).
// Invariants: (1) a device's number never changes while the mailbox is in memory; (2) ids are unique.

#ifndef MAILWAKE_SRC_DEVICE_TABLE_H_
#define MAILWAKE_SRC_DEVICE_TABLE_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/src/folder_index.h"
#include "engine/src/slot_list.h"
#include "mailwake/ping.h"
#include "mailwake/types.h"

namespace mailwake {

// What a device was last told, to pace PINGs that ask again without having synced.
struct Told {
  FolderSet folders;                 // named by the last wake
  Version upto = 0;                  // and told are their versions up to here
  std::optional<Version> hierarchy;  // the folder list that it was told of, if it was told of one
  std::int64_t at_ms = 0;            // engine time of the last wake
  std::uint8_t repeats = 0;          // wakes in a row that told nothing new
};

// PINGs of the device that took each other's place, to slow two clients that use one device id.
struct Rivalry {
  std::int64_t last_ms = 0;
  std::uint8_t count = 0;    // in quick succession
  std::uint8_t delayed = 0;  // whose answers are being held back
};

struct LastEnd {
  PingId id;
  EndReason reason = EndReason::kExpired;
  Time time;
  FolderNumber folder = kNoFolder;
  Version version = 0;
};

struct Device {
  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 60);

  std::string id;
  std::vector<Version> cursors;  // by folder number; missing: 0
  std::optional<Version> hierarchy_cursor;
  std::optional<std::chrono::seconds> heartbeat;  // remembered, as is `folders`
  std::optional<FolderSet> folders;
  Time last_seen{};
  bool known = false;                             // the store has (or is getting) a record of it; others are origins only
  std::array<Slot, 2> watches{kNoSlot, kNoSlot};  // by PingKind
  std::array<std::int64_t, kItemClasses> woken_ms{kLongAgo, kLongAgo, kLongAgo, kLongAgo, kLongAgo};  // last wake for the class
  Told told;
  Rivalry rivalry;
  std::optional<LastEnd> last_end;
  // Acknowledge::kPing: what the last wake named, and whether the device is known to have received that.
  std::vector<std::pair<FolderNumber, Version>> named;
  bool delivered = false;

  Version cursor(FolderNumber folder) const { return folder < cursors.size() ? cursors[folder] : 0; }
  void SetCursor(FolderNumber folder, Version version) {
    if (cursors.size() <= folder) {
      if (version == 0) return;
      cursors.resize(folder + 1);
    }
    cursors[folder] = version;
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
  std::vector<std::uint32_t> hashes_;
  std::deque<Device> devices_;  // addresses stay
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_DEVICE_TABLE_H_
