// SPDX-License-Identifier: Apache-2.0

#include "engine/src/folder_index.h"

#include "engine/src/check.h"
#include "engine/src/id_hash.h"

namespace mailwake {

FolderNumber FolderIndex::Find(std::string_view id) const {
  const std::uint32_t hash = IdHash(id);
  for (FolderNumber number = 0; number < hashes_.size(); ++number) {
    if (hashes_[number] == hash && folders_[number].id == id) return number;
  }
  return kNoFolder;
}

Folder& FolderIndex::Create(FolderNumber number, std::string_view id, std::optional<ItemClass> item_class) {
  MAILWAKE_CHECK(number <= folders_.size());
  if (number == folders_.size()) {
    folders_.emplace_back();
    hashes_.emplace_back();
  } else {
    MAILWAKE_CHECK(!folders_[number].alive);
    folders_[number] = Folder{};
  }
  hashes_[number] = IdHash(id);
  folders_[number].id = id;
  folders_[number].item_class = item_class;
  ++living_;
  return folders_[number];
}

void FolderIndex::Erase(FolderNumber number) {
  MAILWAKE_CHECK(folders_[number].alive);
  folders_[number].alive = false;
  folders_[number].declaration.reset();
  hashes_[number] = 0;
  --living_;
}

}  // namespace mailwake
