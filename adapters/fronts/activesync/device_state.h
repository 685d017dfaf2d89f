// SPDX-License-Identifier: Apache-2.0
//
// DeviceState: what the front end remembers of a device: its folder list, its SyncKeys, its last Sync request, its policy key.
//
// Threads:    a plain value; the device's turn (device_queue.h) guards the stored one.
// Invariants: (1) a SyncKey is never given out twice to a device: `last_sync_key` only grows;
//             (2) the answer before the last one stays known until the device shows that it has the last one.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_DEVICE_STATE_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_DEVICE_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mailwake/types.h"

namespace mailwake::eas {

using SyncKey = std::uint64_t;  // written in decimal; 0: start over

// Folder id to the fingerprint of what the device was told of it.
using ToldFolders = std::map<std::string, std::uint64_t>;

struct FolderListState {
  SyncKey last_key = 0;  // the last one given out
  SyncKey key = 0;       // 0: the device has no list
  ToldFolders told;
  SyncKey previous_key = 0;
  ToldFolders previous_told;
  friend bool operator==(const FolderListState&, const FolderListState&) = default;
};

// Up to where a device is in a collection, at one SyncKey.
struct SyncPoint {
  SyncKey key = 0;
  std::string state;    // the provider's
  bool primed = false;  // the collection was served whole once
  friend bool operator==(const SyncPoint&, const SyncPoint&) = default;
};

struct CollectionState {
  ItemClass item_class = ItemClass::kEmail;
  SyncPoint current;
  SyncPoint previous;   // key 0: none
  std::string options;  // <Options> as the device last sent them
  friend bool operator==(const CollectionState&, const CollectionState&) = default;
};

// How long a Sync may hang, in the unit that the device used.
struct SyncWait {
  std::int64_t value = 0;
  bool minutes = false;  // Wait; else HeartbeatInterval
  friend bool operator==(const SyncWait&, const SyncWait&) = default;
};

// A collection of the last Sync request: what an empty or partial one leaves out.
struct RememberedCollection {
  std::string id;
  std::string key;
  std::optional<ItemClass> item_class;
  int window_size = 100;
  bool get_changes = true;
  friend bool operator==(const RememberedCollection&, const RememberedCollection&) = default;
};

struct RememberedSync {
  std::vector<RememberedCollection> collections;
  std::optional<SyncWait> wait;
  friend bool operator==(const RememberedSync&, const RememberedSync&) = default;
};

struct DeviceState {
  FolderListState folders;
  SyncKey last_sync_key = 0;
  std::map<std::string, CollectionState> collections;  // by folder id
  std::optional<RememberedSync> sync;
  std::string policy_key;  // that the device acknowledged
  std::string offered_policy_key;
  friend bool operator==(const DeviceState&, const DeviceState&) = default;
};

// Collections over this number are forgotten, the ones that were synced longest ago first; the device starts over in them.
inline constexpr std::size_t kMaxCollections = 1'000;
// A provider's state may be this large.
inline constexpr std::size_t kMaxProviderState = 64 * 1024;

std::string Serialize(const DeviceState& state);
// What cannot be read is an empty state: then the device starts over.
DeviceState Deserialize(const std::string& text);

// Drops collections over kMaxCollections.
void Bound(DeviceState& state);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_DEVICE_STATE_H_
