// SPDX-License-Identifier: Apache-2.0
//
// Reused: a vector that keeps its elements, and the memory inside them, when it is cleared, so that filling it again allocates nothing.
//
// Threads:    as std::vector.
// Cost:       as std::vector; clear() is O(1).
// Example:    Reused<FolderRecord> folders; FolderRecord& folder = folders.Next(); folder.id = "inbox"; ...; folders.clear();

#ifndef MAILWAKE_REUSED_H_
#define MAILWAKE_REUSED_H_

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace mailwake {

template <typename T>
class Reused {
 public:
  Reused() = default;
  Reused(const Reused&) = default;
  Reused(Reused&& other) noexcept : items_(std::move(other.items_)), size_(std::exchange(other.size_, 0)) {}
  Reused& operator=(Reused other) noexcept {
    swap(other);
    return *this;
  }
  Reused(std::initializer_list<T> items) : items_(items), size_(items.size()) {}
  Reused(std::vector<T> items) : items_(std::move(items)), size_(items_.size()) {}  // NOLINT: implicit, the same thing
  operator std::vector<T>() const { return std::vector<T>(begin(), end()); }        // NOLINT: as above

  // One more element, as it was left by whoever used it before: assign all of it.
  T& Next() {
    if (size_ == items_.size()) items_.emplace_back();
    return items_[size_++];
  }
  T& push_back(T item) { return Next() = std::move(item); }
  void clear() { size_ = 0; }
  void swap(Reused& other) noexcept {
    items_.swap(other.items_);
    std::swap(size_, other.size_);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  T& back() { return items_[size_ - 1]; }
  const T& front() const { return items_[0]; }
  const T& back() const { return items_[size_ - 1]; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }

  friend bool operator==(const Reused& a, const Reused& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

 private:
  std::vector<T> items_;
  std::size_t size_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_REUSED_H_
