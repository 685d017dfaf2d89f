// SPDX-License-Identifier: Apache-2.0
//
// FolderIndex: the folders of one mailbox, with what changed last in each, and by whom.
//
// A folder keeps `version`, the `origin` device of that version, and `other`: its highest version by anybody but that origin. That is
// enough to tell exactly, for every device, the highest version by somebody else.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Find O(folders), a scan of 32-bit hashes; the rest O(1).
// Invariants: (1) other <= version, other < version if there is an origin; (2) a folder's number never changes while the mailbox is in
// memory;
//             (3) ids of living folders are unique.

#ifndef MAILWAKE_SRC_FOLDER_INDEX_H_
#define MAILWAKE_SRC_FOLDER_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/src/folder_set.h"
#include "mailwake/store.h"
#include "mailwake/types.h"

namespace mailwake {

// A device's place in its mailbox's DeviceTable.
using DeviceNumber = std::uint32_t;
inline constexpr DeviceNumber kNoDevice = 0xFFFF'FFFF;
inline constexpr FolderNumber kNoFolder = 0xFFFF'FFFF;

struct Folder {
  // As declared.
  struct Declaration {
    std::string name;
    int type = 0;
    std::string parent;
    std::uint32_t position = 0;
  };

  std::string id;
  std::optional<ItemClass> item_class;  // none: so far only cursors name the folder
  bool alive = true;                    // false: erased; the number waits for a new folder
  DeviceNumber origin = kNoDevice;
  Version version = 0;
  Version other = 0;
  std::uint64_t host_version = 0;            // 0: none
  std::unique_ptr<Declaration> declaration;  // null: not in the declared list

  // The highest version by anybody but `device`.
  Version VersionFor(DeviceNumber device) const { return origin == device ? other : version; }

  // A change by `by` (kNoDevice: nobody in particular) got version `next`. REQUIRES: next > version.
  void Change(Version next, DeviceNumber by) {
    if (by != origin || by == kNoDevice) other = version;
    version = next;
    origin = by;
  }
};

class FolderIndex {
 public:
  // The living folder of that id; kNoFolder if there is none.
  FolderNumber Find(std::string_view id) const;
  Folder& operator[](FolderNumber number) { return folders_[number]; }
  const Folder& operator[](FolderNumber number) const { return folders_[number]; }

  // A new folder at `number`, which is size() or that of an erased one. REQUIRES: Find(id) == kNoFolder.
  Folder& Create(FolderNumber number, std::string_view id, std::optional<ItemClass> item_class);
  void Erase(FolderNumber number);

  // Numbers in use, erased ones included.
  std::size_t size() const { return folders_.size(); }
  std::size_t living() const { return living_; }

 private:
  std::vector<std::uint32_t> hashes_;  // of the ids, beside `folders_` so that Find reads little; 0: erased
  std::vector<Folder> folders_;
  std::size_t living_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_INDEX_H_
