// SPDX-License-Identifier: Apache-2.0
//
// The key of the keyed hashes, in a file that only its owner reads.
//
// Threads:    any; processes that make the same file at the same time end up with the same key.
// Example:    auto key = LoadOrMakeKey("mailwake.key");

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KEY_FILE_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KEY_FILE_H_

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <string>

namespace mailwake::internal {

using SecretKey = std::array<std::uint8_t, 32>;

// Errors: PermissionDenied (others may read it, or we may not), DataLoss (wrong length), InvalidArgument (cannot be made).
absl::StatusOr<SecretKey> LoadOrMakeKey(const std::string& file);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KEY_FILE_H_
