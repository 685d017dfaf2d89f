// SPDX-License-Identifier: Apache-2.0
//
// FolderIndex: the folders of one mailbox, with what changed last in each, and by whom.
//
// A folder keeps `version`, the `origin` device of that version, and `other`: its highest version by anybody but that origin. That is
// enough to tell exactly, for every device, the highest version by somebody else.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Find O(folders), a scan of words; the rest O(1). 32 bytes a folder, ids kept once a shard.
// Invariants: (1) other <= version, other < version if there is an origin; (2) a folder's number never changes while the mailbox is in
//             memory; (3) ids of living folders are unique.

#ifndef MAILWAKE_SRC_FOLDER_INDEX_H_
#define MAILWAKE_SRC_FOLDER_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/src/folder_names.h"
#include "engine/src/folder_set.h"
#include "engine/src/packed_array.h"
#include "mailwake/store.h"
#include "mailwake/types.h"

namespace mailwake {

// A device's place in its mailbox's DeviceTable.
using DeviceNumber = std::uint16_t;
inline constexpr DeviceNumber kNoDevice = 0xFFFF;
inline constexpr FolderNumber kNoFolder = 0xFFFF'FFFF;

// Versions are kept in 48 bits: at a million changes a second they last for nine years, at a thousand for 8,900.
inline constexpr unsigned kVersionBits = 48;
inline constexpr Version kMostVersion = (Version{1} << kVersionBits) - 1;

struct Folder {
  // As declared.
  struct Declaration {
    std::string name;
    int type = 0;
    std::string parent;
    std::uint32_t position = 0;
  };
  // What few folders have.
  struct Extra {
    std::uint64_t host_version = 0;  // 0: none
    std::optional<Declaration> declaration;
  };

  FolderName id;
  Version version : kVersionBits = 0;
  Version origin : 16 = kNoDevice;
  Version other : kVersionBits = 0;
  Version class_ : 8 = static_cast<std::uint8_t>(kUnknownClass);  // unknown: so far only cursors name the folder
  Version alive : 8 = true;                                       // false: erased; the number waits for a new folder
  std::unique_ptr<Extra> extra;

  std::optional<ItemClass> item_class() const {
    const auto known = static_cast<ItemClass>(class_);
    return known == kUnknownClass ? std::nullopt : std::optional(known);
  }
  void set_class(ItemClass item_class) { class_ = static_cast<std::uint8_t>(item_class); }

  std::uint64_t host_version() const { return extra ? extra->host_version : 0; }
  const Declaration* declaration() const { return extra && extra->declaration ? &*extra->declaration : nullptr; }
  Extra& Extend() {
    if (!extra) extra = std::make_unique<Extra>();
    return *extra;
  }

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
  explicit FolderIndex(FolderNames& names) : names_(&names) {}

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
  FolderNames* names_;
  PackedArray<Folder> folders_;
  std::uint32_t living_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_INDEX_H_
