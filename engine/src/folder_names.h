// SPDX-License-Identifier: Apache-2.0
//
// FolderNames: the folder ids of one shard, each kept once however many mailboxes use it; and FolderName, a reference to one, in one word.
//
// Threads:    none of its own; every call, a FolderName's copying and end included, REQUIRES the shard's lock.
// Cost:       Intern O(1); two FolderNames of one shard are the same text iff they are the same reference.
// Invariants: (1) an entry lives as long as a FolderName refers to it; (2) the texts of entries differ.
// Example:    FolderName inbox = names.Intern("inbox"); Use(inbox.view());

#ifndef MAILWAKE_SRC_FOLDER_NAMES_H_
#define MAILWAKE_SRC_FOLDER_NAMES_H_

#include <absl/container/flat_hash_set.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/src/id_hash.h"

namespace mailwake {

class FolderNames;

class FolderName {
 public:
  FolderName() = default;
  FolderName(const FolderName& other);
  FolderName(FolderName&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  FolderName& operator=(FolderName other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~FolderName();

  std::string_view view() const { return entry_ == nullptr ? std::string_view() : std::string_view(entry_->text); }
  operator std::string_view() const { return view(); }  // NOLINT: as a string
  std::string str() const { return std::string(view()); }
  // Identifies the text within its shard.
  const void* key() const { return entry_; }

 private:
  friend class FolderNames;
  struct Entry {
    FolderNames* names;
    std::string text;
    std::uint32_t references;
  };
  explicit FolderName(Entry* entry) : entry_(entry) { ++entry_->references; }

  Entry* entry_ = nullptr;
};

class FolderNames {
 public:
  FolderName Intern(std::string_view text) {
    const auto found = entries_.find(text);
    if (found != entries_.end()) return FolderName(found->get());
    auto entry = std::make_unique<FolderName::Entry>(FolderName::Entry{this, std::string(text), 0});
    return FolderName(entries_.insert(std::move(entry)).first->get());
  }
  // FolderName::key() of that text; null if nobody uses it.
  const void* Find(std::string_view text) const {
    const auto found = entries_.find(text);
    return found == entries_.end() ? nullptr : found->get();
  }
  std::size_t size() const { return entries_.size(); }

 private:
  friend class FolderName;
  using EntryPtr = std::unique_ptr<FolderName::Entry>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return IdHasher{}(text); }
    std::size_t operator()(const EntryPtr& entry) const { return IdHasher{}(entry->text); }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view Text(std::string_view text) { return text; }
    static std::string_view Text(const EntryPtr& entry) { return entry->text; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return Text(a) == Text(b);
    }
  };

  absl::flat_hash_set<EntryPtr, Hash, Equal> entries_;
};

inline FolderName::FolderName(const FolderName& other) : entry_(other.entry_) {
  if (entry_ != nullptr) ++entry_->references;
}

inline FolderName::~FolderName() {
  if (entry_ == nullptr || --entry_->references > 0) return;
  FolderNames& names = *entry_->names;
  names.entries_.erase(names.entries_.find(std::string_view(entry_->text)));
}

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_NAMES_H_
