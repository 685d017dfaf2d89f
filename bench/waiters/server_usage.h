// SPDX-License-Identifier: Apache-2.0
//
// ServerUsage: what the processes of a server take: the one named, and its children (nginx's workers).
//
// Errors: InvalidArgument, if there is no such process.

#ifndef MAILWAKE_BENCH_WAITERS_SERVER_USAGE_H_
#define MAILWAKE_BENCH_WAITERS_SERVER_USAGE_H_

#include <absl/status/statusor.h>

#include <cstdint>

namespace mailwake::waiters {

struct ServerUsage {
  std::int64_t private_bytes = 0;  // resident and not shared with another process: what it would give back
  double cpu_seconds = 0;          // user and system, since it began
};

absl::StatusOr<ServerUsage> UsageOf(int pid);

}  // namespace mailwake::waiters

#endif  // MAILWAKE_BENCH_WAITERS_SERVER_USAGE_H_
