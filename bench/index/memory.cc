// SPDX-License-Identifier: Apache-2.0

#include "bench/index/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>

namespace {
thread_local std::uint64_t allocations = 0;
}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAILWAKE_OWN_MALLOC 0
#else
#define MAILWAKE_OWN_MALLOC 1
#endif

#if MAILWAKE_OWN_MALLOC
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): glibc's own names
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
// NOLINTEND(bugprone-reserved-identifier)

void* malloc(std::size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* block, std::size_t bytes) {
  ++allocations;
  return __libc_realloc(block, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  *block = memalign(alignment, bytes);
  return *block == nullptr ? ENOMEM : 0;
}
}
#endif

namespace mailwake::bench {

std::uint64_t Allocations() { return allocations; }

Usage Usage::Now() {
  const struct mallinfo2 info = mallinfo2();
  Usage usage{.malloced = info.uordblks + info.hblkhd};
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  statm >> total >> usage.resident;
  usage.resident *= static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return usage;
}

std::size_t Usage::Since(const Usage& before) const {
  const auto growth = [](std::size_t now, std::size_t then) { return now > then ? now - then : 0; };
  return std::max(growth(malloced, before.malloced), growth(resident, before.resident));
}

void TrimMemory() { malloc_trim(0); }

std::size_t AvailableMemory() {
  std::ifstream meminfo("/proc/meminfo");
  std::string word;
  std::size_t kilobytes = 0;
  while (meminfo >> word) {
    if (word == "MemAvailable:" && meminfo >> kilobytes) break;
  }
  return kilobytes * 1024;
}

}  // namespace mailwake::bench
