// SPDX-License-Identifier: Apache-2.0
//
// FolderSet: some of a mailbox's folders, by their index in its FolderIndex. One word for the first 64, more words only where there are
// more.
//
// Threads:    none of its own.
// Cost:       Add, Remove, Contains O(1); ForEach O(words + members). Allocates only for an index above 63.
// Example:    FolderSet watched; watched.Add(3); watched.ForEach([](FolderNumber folder) { ... });

#ifndef MAILWAKE_SRC_FOLDER_SET_H_
#define MAILWAKE_SRC_FOLDER_SET_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mailwake {

// A folder's place in its mailbox's FolderIndex.
using FolderNumber = std::uint32_t;

class FolderSet {
 public:
  FolderSet() = default;
  FolderSet(FolderSet&&) = default;
  FolderSet& operator=(FolderSet&&) = default;
  FolderSet(const FolderSet& other) { *this = other; }
  FolderSet& operator=(const FolderSet& other) {
    if (this == &other) return *this;
    first_ = other.first_;
    if (!other.rest_) {
      rest_.reset();
    } else if (rest_) {
      *rest_ = *other.rest_;
    } else {
      rest_ = std::make_unique<Words>(*other.rest_);
    }
    return *this;
  }

  void Add(FolderNumber folder) {
    if (folder < 64) {
      first_ |= Bit(folder);
      return;
    }
    if (!rest_) rest_ = std::make_unique<Words>();
    if (rest_->size() < folder / 64) rest_->resize(folder / 64);
    (*rest_)[folder / 64 - 1] |= Bit(folder);
  }

  void Add(const FolderSet& other) {
    other.ForEach([this](FolderNumber folder) { Add(folder); });
  }

  void Remove(FolderNumber folder) {
    if (folder < 64) {
      first_ &= ~Bit(folder);
    } else if (rest_ && folder / 64 <= rest_->size()) {
      (*rest_)[folder / 64 - 1] &= ~Bit(folder);
    }
  }

  bool Contains(FolderNumber folder) const {
    if (folder < 64) return (first_ & Bit(folder)) != 0;
    return rest_ && folder / 64 <= rest_->size() && ((*rest_)[folder / 64 - 1] & Bit(folder)) != 0;
  }

  // Keeps the memory of large sets.
  void Clear() {
    first_ = 0;
    if (rest_) rest_->assign(rest_->size(), 0);
  }

  std::size_t size() const {
    std::size_t count = static_cast<std::size_t>(std::popcount(first_));
    if (rest_) {
      for (std::uint64_t word : *rest_) count += static_cast<std::size_t>(std::popcount(word));
    }
    return count;
  }
  bool empty() const { return size() == 0; }

  // In ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    VisitWord(first_, 0, visit);
    if (!rest_) return;
    for (std::size_t i = 0; i < rest_->size(); ++i) VisitWord((*rest_)[i], static_cast<FolderNumber>((i + 1) * 64), visit);
  }

  friend bool operator==(const FolderSet& a, const FolderSet& b) {
    if (a.first_ != b.first_) return false;
    const std::size_t words = std::max(a.rest_ ? a.rest_->size() : 0, b.rest_ ? b.rest_->size() : 0);
    for (std::size_t i = 0; i < words; ++i) {
      if (a.Word(i) != b.Word(i)) return false;
    }
    return true;
  }

 private:
  using Words = std::vector<std::uint64_t>;

  static std::uint64_t Bit(FolderNumber folder) { return std::uint64_t{1} << (folder % 64); }
  std::uint64_t Word(std::size_t i) const { return rest_ && i < rest_->size() ? (*rest_)[i] : 0; }

  template <typename Visit>
  static void VisitWord(std::uint64_t word, FolderNumber base, Visit& visit) {
    for (; word != 0; word &= word - 1) visit(base + static_cast<FolderNumber>(std::countr_zero(word)));
  }

  std::uint64_t first_ = 0;      // folders 0 to 63
  std::unique_ptr<Words> rest_;  // 64 and up
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_SET_H_
