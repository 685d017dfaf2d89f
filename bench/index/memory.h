// SPDX-License-Identifier: Apache-2.0
//
// Memory: what this process has allocated: how often on this thread, how many bytes in all.
//
// Threads:    Allocations() counts those of the calling thread; the rest is the process's.
// Cost:       one increment a malloc: memory.cc replaces malloc and its kin for the whole program (not under a sanitizer).
// Invariants: Usage counts what malloc counts as handed out, its headers and what it had mapped for large blocks included.
// Example:    const Usage before = Usage::Now(); ... const std::size_t bytes = Usage::Now().Since(before);

#ifndef MAILWAKE_BENCH_INDEX_MEMORY_H_
#define MAILWAKE_BENCH_INDEX_MEMORY_H_

#include <cstddef>
#include <cstdint>

namespace mailwake::bench {

// Calls of malloc, calloc, realloc, aligned_alloc so far on this thread; operator new calls malloc. 0 under a sanitizer.
std::uint64_t Allocations();

struct Usage {
  std::size_t malloced = 0;
  std::size_t resident = 0;

  static Usage Now();
  // The growth: the greater of the two, since resident memory misses what was not touched yet or was there before, and malloc what was
  // mapped behind its back.
  std::size_t Since(const Usage& before) const;
};

// Gives freed memory back to the system.
void TrimMemory();
// What the system could still give, in bytes.
std::size_t AvailableMemory();

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_MEMORY_H_
