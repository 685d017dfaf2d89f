// SPDX-License-Identifier: Apache-2.0
//
// The store's file before it is opened: whether it is there and ours, and how a new one comes to be.
//
// Threads:    as files.
// Invariants: (1) FindStoreFile writes nothing;
//             (2) a new file appears whole, by a rename, or not at all: a file at PATH is never a half-made store.

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_FILE_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_FILE_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

namespace mailwake {

// The one absolute name of a file, however it is spelled and through whatever links, so that its lock has one name too.
absl::StatusOr<std::string> StoreFilePath(const std::string& path);

// True: a mailwake store, by its header. False: nothing is there, or an empty file.
// Errors: DataLoss (something else is there), FailedPrecondition (it has several hard links), PermissionDenied, NotFound (the directory).
absl::StatusOr<bool> FindStoreFile(const std::string& path);

// Makes an empty store, readable by its owner only: it will hold passwords' hashes. REQUIRES: the ownership lock; FindStoreFile said false.
absl::Status CreateStoreFile(const std::string& path);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_FILE_H_
