// SPDX-License-Identifier: Apache-2.0
//
// FolderSet: some of a mailbox's folders, by their index in its FolderIndex. One word for the first 63; where there are more, the word
// leads to as many as are needed.
//
// Threads:    none of its own.
// Cost:       Add, Remove, Contains O(1); ForEach O(words + members). Allocates only for an index above 62.
// Invariants: the lowest bit of `word_` says which it is: set, the other bits are folders 0 to 62; clear, it is an address.
// Example:    FolderSet watched; watched.Add(3); watched.ForEach([](FolderNumber folder) { ... });

#ifndef MAILWAKE_SRC_FOLDER_SET_H_
#define MAILWAKE_SRC_FOLDER_SET_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mailwake {

// A folder's place in its mailbox's FolderIndex.
using FolderNumber = std::uint32_t;

class FolderSet {
 public:
  FolderSet() = default;
  FolderSet(FolderSet&& other) noexcept : word_(std::exchange(other.word_, kEmpty)) {}
  FolderSet(const FolderSet& other) : word_(other.word_) {
    if (!small()) word_ = Address(new Words(*other.large()));
  }
  FolderSet& operator=(FolderSet other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~FolderSet() {
    if (!small()) delete large();
  }

  // Becomes the same as the other, in the memory that it has if it has any, and in no more than it needs.
  void Assign(const FolderSet& other) {
    std::size_t used = other.words();
    while (used > 0 && other.Word(used - 1) == 0) --used;
    const bool fits = used == 0 || (used == 1 && other.Word(0) >> kSmall == 0);
    if (small() && fits) {
      word_ = other.Word(0) << 1 | kEmpty;
      return;
    }
    if (small()) word_ = Address(new Words);
    large()->assign(used, 0);
    for (std::size_t i = 0; i < used; ++i) (*large())[i] = other.Word(i);
  }

  void Add(FolderNumber folder) {
    if (small() && folder < kSmall) {
      word_ |= SmallBit(folder);
    } else {
      AddToLarge(folder);
    }
  }

  void Add(const FolderSet& other) {
    other.ForEach([this](FolderNumber folder) { Add(folder); });
  }

  void Remove(FolderNumber folder) {
    if (small()) {
      if (folder < kSmall) word_ &= ~SmallBit(folder);
    } else if (folder / 64 < large()->size()) {
      (*large())[folder / 64] &= ~Bit(folder);
    }
  }

  bool Contains(FolderNumber folder) const {
    if (small()) return folder < kSmall && (word_ & SmallBit(folder)) != 0;
    return folder / 64 < large()->size() && ((*large())[folder / 64] & Bit(folder)) != 0;
  }

  // Keeps the memory of large sets.
  void Clear() {
    if (small()) {
      word_ = kEmpty;
    } else {
      std::ranges::fill(*large(), 0);
    }
  }

  std::size_t size() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < words(); ++i) count += static_cast<std::size_t>(std::popcount(Word(i)));
    return count;
  }
  bool empty() const {
    for (std::size_t i = 0; i < words(); ++i) {
      if (Word(i) != 0) return false;
    }
    return true;
  }

  // The first from that one on; `from` itself if there is none.
  FolderNumber Next(FolderNumber from) const {
    if (small()) {
      const std::uint64_t left = from < kSmall ? word_ >> 1 >> from : 0;
      return left == 0 ? from : from + static_cast<FolderNumber>(std::countr_zero(left));
    }
    for (std::size_t i = from / 64; i < words(); ++i) {
      const std::uint64_t word = i == from / 64 ? Word(i) >> (from % 64) << (from % 64) : Word(i);
      if (word != 0) return static_cast<FolderNumber>(i * 64) + static_cast<FolderNumber>(std::countr_zero(word));
    }
    return from;
  }

  // In ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const std::uint64_t* const begin = small() ? nullptr : large()->data();
    const std::size_t count = words();
    for (std::size_t i = 0; i < count; ++i) {
      for (std::uint64_t word = begin == nullptr ? word_ >> 1 : begin[i]; word != 0; word &= word - 1) {
        visit(static_cast<FolderNumber>(i * 64) + static_cast<FolderNumber>(std::countr_zero(word)));
      }
    }
  }

  friend bool operator==(const FolderSet& a, const FolderSet& b) {
    for (std::size_t i = 0; i < std::max(a.words(), b.words()); ++i) {
      if (a.Word(i) != b.Word(i)) return false;
    }
    return true;
  }

 private:
  using Words = std::vector<std::uint64_t>;
  static constexpr FolderNumber kSmall = 63;
  static constexpr std::uint64_t kEmpty = 1;

  static std::uint64_t Bit(FolderNumber folder) { return std::uint64_t{1} << (folder % 64); }
  static std::uint64_t SmallBit(FolderNumber folder) { return std::uint64_t{2} << folder; }
  static std::uint64_t Address(Words* words) { return reinterpret_cast<std::uintptr_t>(words); }

  bool small() const { return (word_ & 1) != 0; }
  Words* large() const { return reinterpret_cast<Words*>(static_cast<std::uintptr_t>(word_)); }  // NOLINT: invariant
  void AddToLarge(FolderNumber folder) {
    if (small()) word_ = Address(new Words{word_ >> 1});
    if (large()->size() <= folder / 64) large()->resize(folder / 64 + 1);
    (*large())[folder / 64] |= Bit(folder);
  }

  // As words of 64 folders, whichever it is.
  std::size_t words() const { return small() ? 1 : large()->size(); }
  std::uint64_t Word(std::size_t i) const {
    if (small()) return i == 0 ? word_ >> 1 : 0;
    return i < large()->size() ? (*large())[i] : 0;
  }

  std::uint64_t word_ = kEmpty;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_FOLDER_SET_H_
