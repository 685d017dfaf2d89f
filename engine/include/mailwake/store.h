// SPDX-License-Identifier: Apache-2.0
//
// The store port: where versions, cursors, folder lists and remembered PING parameters live. Implement these four methods to plug in
// your own; run adapters/conformance on it; adapters/stores/logging is the template to copy.
//
// Threads:    the engine calls from any thread, several at once, and never under a lock of its own. A callback may run on any thread,
//             also before the call returns, and exactly once.
// Invariants: (1) commits take effect in the order of the Commit calls; each whole or not at all;
//             (2) a commit's callback says OK only when the batch is as durable as the store promises;
//             (3) a Load sees every commit that was called before it, or fails; never half of one;
//             (4) when a store opens, OpenState::first_version exceeds every version that any earlier run could have given out, because
//                 `ceiling` was made durable before anything at or above the old ceiling was used;
//             (5) a failed Commit leaves what was stored as it was.
// Example:    docs/guides/writing-a-store.md

#ifndef MAILWAKE_STORE_H_
#define MAILWAKE_STORE_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/reused.h"
#include "mailwake/types.h"

namespace mailwake {

// How many versions a store reserves durably when it opens: [first_version, ceiling).
inline constexpr Version kVersionBlock = Version{1} << 20;

struct OpenState {
  Version first_version = 1;  // the next version that may be given out; at least 1
  Version ceiling = 0;        // durable: versions below it may be given out
  Version suspect = 0;        // every folder counts as changed at this version at least (Engine::Suspect of all)
};

// The class of a folder that so far only syncs have named. A store keeps any class as the byte that it is.
inline constexpr ItemClass kUnknownClass{0xFF};

struct FolderRecord {
  std::string id = {};
  ItemClass item_class = ItemClass::kEmail;  // or kUnknownClass
  Version version = 0;                       // of the latest change
  Version other = 0;                         // of the latest change by anybody but `origin`
  std::string origin = {};                   // the device that made the latest change; empty: nobody in particular
  std::uint64_t host_version = 0;            // the host's own number of the latest change
  bool declared = false;                     // stands in the declared folder list
  std::string name = {};                     // this and the rest: as declared
  int type = 0;
  std::string parent = {};
  std::uint32_t position = 0;  // place in the declared list

  friend bool operator==(const FolderRecord&, const FolderRecord&) = default;
};

struct CursorRecord {
  std::string folder = {};
  Version cursor = 0;  // 0 in a write: the cursor is removed
  friend bool operator==(const CursorRecord&, const CursorRecord&) = default;
};

struct RememberedFolder {
  std::string id = {};
  ItemClass item_class = ItemClass::kEmail;
  friend bool operator==(const RememberedFolder&, const RememberedFolder&) = default;
};

struct DeviceRecord {
  std::string id = {};
  Time last_seen{};
  std::optional<Version> hierarchy_cursor = {};               // the folder list that the device has
  std::optional<std::chrono::seconds> heartbeat = {};         // of its last accepted PING
  std::optional<std::vector<RememberedFolder>> folders = {};  // of its last accepted PING
  Reused<CursorRecord> cursors = {};

  friend bool operator==(const DeviceRecord&, const DeviceRecord&) = default;
};

// Everything a store knows of a mailbox. An unknown mailbox is an empty record, not an error.
struct MailboxRecord {
  bool declared = false;  // has a declared folder list
  Version hierarchy = 0;  // version of the folder list
  std::vector<FolderRecord> folders = {};
  std::vector<DeviceRecord> devices = {};
};

// What changes in one mailbox. A record replaces the stored one of the same id; cursors are set one by one, the device's others stay.
struct MailboxWrite {
  struct Hierarchy {
    bool declared = false;
    Version version = 0;
  };
  struct DeviceWrite {
    DeviceRecord record = {};   // `cursors`: those to set
    bool cursors_only = false;  // the rest of the record is left as stored (a device unknown to the store is created from it)
    bool erase = false;         // the device and all its cursors go
  };
  std::string mailbox = {};
  std::optional<Hierarchy> hierarchy = {};
  Reused<FolderRecord> folders = {};
  std::vector<std::string> erased_folders = {};  // the folder and every device's cursor in it go; applied before `folders` and `devices`
  Reused<DeviceWrite> devices = {};
};

struct WriteBatch {
  Version ceiling = 0;  // raise OpenState::ceiling to this; 0: leave it
  Version suspect = 0;  // raise OpenState::suspect to this; 0: leave it
  Reused<MailboxWrite> mailboxes = {};
};

class Store {
 public:
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;
  using LoadCallback = absl::AnyInvocable<void(absl::StatusOr<MailboxRecord>)>;
  using AgeOutCallback = absl::AnyInvocable<void(absl::StatusOr<std::size_t>)>;

  virtual ~Store() = default;

  // As it was when the store opened. Constant.
  virtual OpenState opened() const = 0;

  // Reads a mailbox whole. Errors: Unavailable (try again), DataLoss (damaged; nothing is overwritten).
  virtual void Load(std::string mailbox, LoadCallback done) = 0;

  // Writes a batch whole. `batch` stays as it is until `done` has begun. Errors: ResourceExhausted (full), Unavailable, DataLoss.
  virtual void Commit(const WriteBatch& batch, DoneCallback done) = 0;
  void Commit(WriteBatch&& batch, DoneCallback done) = delete;  // would not stay
  // The same for a batch that nobody keeps.
  void CommitOwned(WriteBatch batch, DoneCallback done) {
    auto kept = std::make_shared<WriteBatch>(std::move(batch));
    Commit(*kept, [kept, done = std::move(done)](absl::Status status) mutable { done(std::move(status)); });
  }

  // Forgets devices last seen before `before`, with their cursors; answers how many.
  virtual void AgeOut(Time before, AgeOutCallback done) = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_STORE_H_
