// SPDX-License-Identifier: Apache-2.0

#include "bench/waiters/server_usage.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace mailwake::waiters {
namespace {

std::string ProcessFile(int pid, const char* name) { return "/proc/" + std::to_string(pid) + "/" + name; }

// proc(5), smaps_rollup.
std::int64_t PrivateBytes(int pid) {
  std::ifstream in(ProcessFile(pid, "smaps_rollup"));
  std::int64_t bytes = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("Private_", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    std::int64_t kilobytes = 0;
    words >> kilobytes;
    bytes += kilobytes * 1024;
  }
  return bytes;
}

// proc(5), stat: fields 14 and 15, counted after the name, which may hold anything.
double CpuSeconds(const std::string& stat) {
  std::istringstream words(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) words >> skipped;
  double user = 0, system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

absl::StatusOr<ServerUsage> UsageOf(int pid) {
  std::ifstream in(ProcessFile(pid, "stat"));
  std::string stat;
  if (!std::getline(in, stat)) return absl::InvalidArgumentError("no process " + std::to_string(pid) + " (--server-pid)");
  ServerUsage usage{.private_bytes = PrivateBytes(pid), .cpu_seconds = CpuSeconds(stat)};
  std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  for (int child = 0; children >> child;) {
    const absl::StatusOr<ServerUsage> its = UsageOf(child);
    if (!its.ok()) continue;  // it went meanwhile
    usage.private_bytes += its->private_bytes;
    usage.cpu_seconds += its->cpu_seconds;
  }
  return usage;
}

}  // namespace mailwake::waiters
