// SPDX-License-Identifier: Apache-2.0
//
// Slab: objects of one type, by number. Memory is taken in chunks and kept; an object's address and number stay while it lives.
//
// Threads:    none of its own.
// Cost:       every call O(1); in a steady state nothing is allocated.
// Invariants: a number is either free or stands for one object.
// Example:    Slab<Mailbox> mailboxes; std::uint32_t number = mailboxes.Emplace("ann"); Use(mailboxes[number]); mailboxes.Erase(number);

#ifndef MAILWAKE_SRC_SLAB_H_
#define MAILWAKE_SRC_SLAB_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace mailwake {

template <typename T>
class Slab {
 public:
  // REQUIRES, at the end: every object was erased.
  template <typename... Args>
  std::uint32_t Emplace(Args&&... args) {
    const std::uint32_t number = free_.empty() ? size_++ : free_.back();
    if (!free_.empty()) free_.pop_back();
    if (number / kChunk == chunks_.size()) chunks_.push_back(std::make_unique<Cell[]>(kChunk));
    ::new (static_cast<void*>(chunks_[number / kChunk][number % kChunk].bytes)) T(std::forward<Args>(args)...);
    return number;
  }
  void Erase(std::uint32_t number) {
    std::destroy_at(&(*this)[number]);
    free_.push_back(number);
  }

  T& operator[](std::uint32_t number) { return *std::launder(reinterpret_cast<T*>(chunks_[number / kChunk][number % kChunk].bytes)); }
  const T& operator[](std::uint32_t number) const { return const_cast<Slab&>(*this)[number]; }
  std::size_t used() const { return size_ - free_.size(); }
  std::size_t bytes() const { return chunks_.size() * kChunk * sizeof(T) + free_.capacity() * sizeof(free_[0]); }

 private:
  static constexpr std::uint32_t kChunk = 64;
  struct alignas(T) Cell {
    std::byte bytes[sizeof(T)];
  };

  std::vector<std::unique_ptr<Cell[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_SLAB_H_
