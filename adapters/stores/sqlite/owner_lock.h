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
  // The one that a copy of its descriptor has; `file` is the lock's from here on. Errors: FailedPrecondition (of another file).
  static absl::StatusOr<OwnerLock> Adopt(const std::string& path, int file);
  OwnerLock(OwnerLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  OwnerLock& operator=(OwnerLock&&) = delete;
  ~OwnerLock();

  // A copy of the descriptor: the lock lasts as long as one of them is open. -1: none is left.
  int Share() const;

 private:
  explicit OwnerLock(int file) : file_(file) {}

  absl::Status Lock(const std::string& path);

  int file_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_OWNER_LOCK_H_
