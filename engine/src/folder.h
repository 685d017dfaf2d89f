// SPDX-License-Identifier: Apache-2.0
//
// Folder: what changed last in one folder of a mailbox, and by whom.
//
// A folder keeps `version`, the `origin` device of that version, and `other`: its highest version by anybody but that origin. That is
// enough to tell exactly, for every device, the highest version by somebody else.
//
// Threads:    none of its own; every use REQUIRES the shard's lock.
// Cost:       20 bytes; every call O(1).
// Invariants: other() <= version(), other() < version() if there is an origin.

#ifndef MAILWAKE_SRC_FOLDER_H_
#define MAILWAKE_SRC_FOLDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/src/folder_names.h"
#include "engine/src/folder_set.h"
#include "engine/src/packed_number.h"
#include "mailwake/store.h"
#include "mailwake/types.h"

namespace mailwake {

// A device's place in its mailbox.
using DeviceNumber = std::uint32_t;
inline constexpr DeviceNumber kNoDevice = 0xFF'FFFF;
inline constexpr FolderNumber kNoFolder = 0xFFFF'FFFF;

// Versions are kept in 48 bits: at a million changes a second they last for nine years, at a thousand for 8,900.
using PackedVersion = PackedNumber;
inline constexpr Version kMostVersion = PackedNumber::kMost;

class Folder {
 public:
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

  Folder() = default;
  Folder(FolderName name, std::optional<ItemClass> item_class) : name_(name) { set_class(item_class.value_or(kUnknownClass)); }

  FolderName name() const { return name_; }
  Version version() const { return version_.Get(); }
  Version other() const { return other_.Get(); }
  DeviceNumber origin() const { return origin_; }
  bool alive() const { return alive_; }  // false: erased; the number waits for a new folder
  // Nothing: so far only cursors name the folder.
  std::optional<ItemClass> item_class() const {
    const auto known = static_cast<ItemClass>(class_ == kUnknown ? static_cast<std::uint32_t>(kUnknownClass) : class_);
    return known == kUnknownClass ? std::nullopt : std::optional(known);
  }
  bool has_class() const { return class_ != kUnknown; }
  bool has_class(ItemClass item_class) const { return class_ == static_cast<std::uint32_t>(item_class); }
  void set_class(ItemClass item_class) {
    class_ = item_class == kUnknownClass ? kUnknown : static_cast<std::uint32_t>(item_class) & kUnknown;
  }
  void Erase() { alive_ = false; }

  // The highest version by anybody but `device`.
  Version VersionFor(DeviceNumber device) const { return origin_ == device ? other() : version(); }

  // Somebody but the device changed it after `cursor`. Most are not behind: the first look says so.
  bool Behind(DeviceNumber device, Version cursor) const { return version() > cursor && VersionFor(device) > cursor && alive(); }

  // A change by `by` (kNoDevice: nobody in particular) got version `next`. REQUIRES: next > version().
  void Change(Version next, DeviceNumber by) {
    if (by != origin_ || by == kNoDevice) other_ = version_;
    version_.Set(next);
    origin_ = by;
  }
  // Something may have changed at `version`, by nobody in particular.
  void Suspect(Version version) {
    if (this->version() < version) return Change(version, kNoDevice);
    if (other() < version && version < this->version()) other_.Set(version);
  }
  // The change before which nothing counts: everybody is behind, whoever made it.
  void Restart(Version version) { Adopt(version, version, kNoDevice); }
  // As the store knows it.
  void Adopt(Version version, Version other, DeviceNumber origin) {
    version_.Set(version);
    other_.Set(other);
    origin_ = origin;
  }

 private:
  static constexpr std::uint32_t kUnknown = 0x7F;

  FolderName name_;
  std::uint32_t origin_ : 24 = kNoDevice;
  std::uint32_t class_ : 7 = kUnknown;
  std::uint32_t alive_ : 1 = true;
  PackedVersion version_;
  PackedVersion other_;
};
static_assert(sizeof(Folder) == 20);

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_H_
