// SPDX-License-Identifier: Apache-2.0
//
// OwnerLock: the right to be the one engine of a store file. A flock on PATH.lock, which the kernel lets go of when the process ends, in
// whatever way; the file itself stays and names the process that has it.
//
// Threads:    any.
// Errors:     FailedPrecondition (somebody has it; says who), PermissionDenied, Unavailable.
// Example:    absl::StatusOr<OwnerLock> lock = OwnerLock::Take("mailwake.db");

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_OWNER_LOCK_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_OWNER_LOCK_H_

#include <absl/status/statusor.h>

#include <string>
#include <utility>

namespace mailwake {

class OwnerLock {
 public:
  static absl::StatusOr<OwnerLock> Take(const std::string& path);
  OwnerLock(OwnerLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  OwnerLock& operator=(OwnerLock&&) = delete;
  ~OwnerLock();

 private:
  explicit OwnerLock(int file) : file_(file) {}

  int file_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_OWNER_LOCK_H_
