// SPDX-License-Identifier: Apache-2.0

#include "engine/src/folder_names.h"

#include <utility>

namespace mailwake {
namespace {

// Of a text in an allocation of its own.
std::size_t TextBytes(std::size_t size) { return (size + sizeof(std::size_t) + 15) / 16 * 16; }

}  // namespace

FolderName FolderNames::Acquire(std::string_view text) {
  FolderName name = Find(text);
  if (name == kNoName) {
    auto copy = std::make_unique<char[]>(text.size());
    text.copy(copy.get(), text.size());
    name = entries_.Emplace(Entry{std::move(copy), static_cast<std::uint32_t>(text.size()), 0});
    ids_.Insert(IdHash(text), name);
    text_bytes_ += TextBytes(text.size());
  }
  ++entries_[name].references;
  return name;
}

void FolderNames::Release(FolderName name) {
  if (--entries_[name].references > 0) return;
  ids_.Erase(IdHash(Text(name)), name);
  text_bytes_ -= TextBytes(entries_[name].size);
  entries_.Erase(name);
}

}  // namespace mailwake
