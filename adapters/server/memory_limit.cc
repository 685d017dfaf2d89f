// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/memory_limit.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace mailwake::server {
namespace {

constexpr std::size_t kRequest = 9 * 1024 * 1024;  // the largest, with its header and what came with it
constexpr std::size_t kConnection = 20 * 1024;     // one that waits takes 16 kB over TLS

std::string FirstLine(const std::string& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

// Of "0::/system.slice/mailwake.service": cgroups(7). Empty: the root.
std::string GroupPath(const std::string& root) {
  constexpr std::string_view kUnified = "0::";
  std::ifstream lines(root + "/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kUnified)) continue;
    line.erase(0, kUnified.size());
    return line.size() > 1 && line[0] == '/' ? line : "";
  }
  return "";
}

}  // namespace

std::size_t MemoryLimit(std::size_t machine, const std::string& root) {
  std::size_t limit = machine;
  for (std::string path = GroupPath(root);; path.erase(path.rfind('/'))) {
    std::size_t bytes = 0;  // "max" is no number
    if (absl::SimpleAtoi(FirstLine(absl::StrCat(root, "/sys/fs/cgroup", path, "/memory.max")), &bytes)) limit = std::min(limit, bytes);
    if (path.empty()) return limit;  // in a container the root is the container's
  }
}

std::size_t MachineMemory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size) : std::size_t{1} << 30;
}

std::size_t ConnectionsIn(std::size_t memory) { return std::max<std::size_t>(memory / 2 / kConnection, 1); }

std::size_t EngineMemoryIn(std::size_t memory) { return memory / 4; }

std::size_t ReadingMemoryIn(std::size_t memory, std::size_t loops) {
  return std::max(std::min<std::size_t>(memory / 8, 256 * 1024 * 1024), loops * kRequest);
}

}  // namespace mailwake::server
