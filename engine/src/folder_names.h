// SPDX-License-Identifier: Apache-2.0
//
// FolderNames: the folder ids of one shard, each kept once however many mailboxes use it. A FolderName stands for one.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       every call O(1); two FolderNames are the same text iff they are the same number. An id of n bytes takes n + 40 or so.
// Invariants: (1) a name lives as long as it was acquired more often than released; (2) the texts of living names differ.
// Example:    FolderName inbox = names.Acquire("inbox"); Use(names.Text(inbox)); names.Release(inbox);

#ifndef MAILWAKE_SRC_FOLDER_NAMES_H_
#define MAILWAKE_SRC_FOLDER_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/src/id_hash.h"
#include "engine/src/id_index.h"
#include "engine/src/slab.h"

namespace mailwake {

using FolderName = std::uint32_t;
inline constexpr FolderName kNoName = IdIndex::kNone;

class FolderNames {
 public:
  FolderName Acquire(std::string_view text);
  void Acquire(FolderName name) { ++entries_[name].references; }
  void Release(FolderName name);

  // kNoName if nobody uses it.
  FolderName Find(std::string_view text) const {
    return ids_.Find(IdHash(text), [&](FolderName name) { return SameId(Text(name), text); });
  }
  std::string_view Text(FolderName name) const { return {entries_[name].text.get(), entries_[name].size}; }
  std::size_t size() const { return ids_.size(); }
  std::size_t bytes() const { return entries_.bytes() + ids_.bytes() + text_bytes_; }

 private:
  struct Entry {
    std::unique_ptr<char[]> text;
    std::uint32_t size = 0;
    std::uint32_t references = 0;
  };

  Slab<Entry> entries_;
  IdIndex ids_;
  std::size_t text_bytes_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_NAMES_H_
