// SPDX-License-Identifier: Apache-2.0
//
// PackedArray: a vector in 16 bytes that takes hardly more memory than its elements: it grows by one at first, by a quarter later. For the
// arrays of which there is one for each mailbox or device.
//
// Threads:    none of its own.
// Cost:       as std::vector's, with more growing while it is small.
// Example:    PackedArray<Folder> folders; folders.emplace_back(); folders[0].version = 7;

#ifndef MAILWAKE_SRC_PACKED_ARRAY_H_
#define MAILWAKE_SRC_PACKED_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace mailwake {

template <typename T>
class PackedArray {
 public:
  PackedArray() = default;
  PackedArray(PackedArray&& other) noexcept { *this = std::move(other); }
  PackedArray& operator=(PackedArray&& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~PackedArray() {
    clear();
    std::allocator<T>().deallocate(items_, capacity_);
  }

  template <typename... Args>
  T& emplace_back(Args&&... args) {
    if (size_ == capacity_) Grow(size_ + 1 + size_ / 4);
    return *::new (static_cast<void*>(items_ + size_++)) T(std::forward<Args>(args)...);
  }
  // New elements are T().
  void grow_to(std::size_t size) {
    if (size > capacity_) Grow(size);
    while (size_ < size) emplace_back();
  }
  void clear() {
    std::destroy_n(items_, size_);
    size_ = 0;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }

 private:
  void Grow(std::size_t capacity) {
    T* const grown = std::allocator<T>().allocate(capacity);
    std::uninitialized_move_n(items_, size_, grown);
    std::destroy_n(items_, size_);
    std::allocator<T>().deallocate(items_, capacity_);
    items_ = grown;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }

  T* items_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_PACKED_ARRAY_H_
