// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/file_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace mailwake::server {
namespace {

constexpr std::size_t kOwnFiles = 64;  // store, write-ahead log, lock, log, listening sockets, event loops
constexpr std::size_t kMostPings = 1'000'000;
constexpr std::size_t kSpare = 1000;  // connections

}  // namespace

std::size_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t ConnectionsFor(std::size_t files) { return files > 2 * kOwnFiles ? files - kOwnFiles : files / 2; }

std::size_t PingsFor(std::size_t connections) {
  return std::clamp<std::size_t>(connections - std::min<std::size_t>(connections / 10, kSpare), 1, kMostPings);
}

std::size_t ConnectionsOf(std::size_t pings) { return pings + kSpare; }

}  // namespace mailwake::server
