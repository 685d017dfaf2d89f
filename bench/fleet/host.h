// SPDX-License-Identifier: Apache-2.0
//
// What a run needs from the machine that it runs on: the server's address, a file's first line, file descriptors, another process' memory.

#ifndef MAILWAKE_BENCH_FLEET_HOST_H_
#define MAILWAKE_BENCH_FLEET_HOST_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

#include "bench/fleet/connection.h"

namespace mailwake::fleet {

// "https://HOST[:PORT]", port 443 if none is given. Errors: InvalidArgument (not such a URL), Unavailable (no such host).
absl::StatusOr<Target> ResolveServer(const std::string& url);
// Errors: InvalidArgument (unreadable, or empty).
absl::StatusOr<std::string> ReadToken(const std::string& file);
// Raises this process' limit. Errors: ResourceExhausted says what to do.
absl::Status AllowOpenFiles(std::uint64_t files);
// Resident memory in bytes. Errors: InvalidArgument (no such process).
absl::StatusOr<std::int64_t> ResidentBytes(int pid);

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_HOST_H_
