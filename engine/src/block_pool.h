// SPDX-License-Identifier: Apache-2.0
//
// BlockPool: what the MailboxBlocks of one shard share: the names of folders, and the memory that they take, which is counted.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       a call of operator new or delete.
// Invariants: bytes() is what the blocks take with the allocator's own overhead, and the names.

#ifndef MAILWAKE_SRC_BLOCK_POOL_H_
#define MAILWAKE_SRC_BLOCK_POOL_H_

#include <cstddef>
#include <new>

#include "engine/src/folder_names.h"

namespace mailwake {

// What an allocation costs: the allocator keeps its size beside it, and rounds up (glibc; others are much the same).
constexpr std::size_t AllocatedBytes(std::size_t size) { return size == 0 ? 0 : (size + sizeof(std::size_t) + 15) / 16 * 16; }

class BlockPool {
 public:
  std::byte* Allocate(std::size_t size) {
    bytes_ += AllocatedBytes(size);
    return static_cast<std::byte*>(::operator new(size));
  }
  void Free(std::byte* block, std::size_t size) {
    bytes_ -= AllocatedBytes(size);
    ::operator delete(block);
  }
  FolderNames& names() { return names_; }
  const FolderNames& names() const { return names_; }
  std::size_t bytes() const { return bytes_ + names_.bytes(); }

 private:
  FolderNames names_;
  std::size_t bytes_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_BLOCK_POOL_H_
