// SPDX-License-Identifier: Apache-2.0

#include "engine/src/folder_index.h"

#include "engine/src/check.h"

namespace mailwake {

FolderNumber FolderIndex::Find(std::string_view id) const {
  const void* const key = names_->Find(id);
  if (key == nullptr) return kNoFolder;
  for (FolderNumber number = 0; number < folders_.size(); ++number) {
    if (folders_[number].alive && folders_[number].id.key() == key) return number;
  }
  return kNoFolder;
}

Folder& FolderIndex::Create(FolderNumber number, std::string_view id, std::optional<ItemClass> item_class) {
  MAILWAKE_CHECK(number <= folders_.size());
  if (number == folders_.size()) folders_.emplace_back();
  Folder& folder = folders_[number] = Folder{};
  folder.id = names_->Intern(id);
  folder.set_class(item_class.value_or(kUnknownClass));
  ++living_;
  return folder;
}

void FolderIndex::Erase(FolderNumber number) {
  MAILWAKE_CHECK(folders_[number].alive);
  folders_[number].alive = false;  // its id and class stay: a device may remember them
  folders_[number].extra.reset();
  --living_;
}

}  // namespace mailwake
