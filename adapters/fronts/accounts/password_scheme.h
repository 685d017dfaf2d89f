// SPDX-License-Identifier: Apache-2.0
//
// "{SCHEME}value": how a password is stored, and the slow ways to check one.
//
// Threads:    any.
// Cost:       CheckSlow takes as long as the hash was made to: over 100 ms, and 64 MiB, for those that we make.
// Example:    auto stored = ParseStored("{ARGON2ID}$argon2id$..."); bool right = CheckSlow(*stored, password);

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_SCHEME_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_SCHEME_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mailwake::internal {

enum class PasswordScheme : std::uint8_t { kPlainKeyed, kPlain, kArgon2id, kSha512Crypt, kBlfCrypt };

struct StoredPassword {
  PasswordScheme scheme = PasswordScheme::kArgon2id;
  std::string value;
};

// What a new password is hashed with: RFC 9106, section 4, second choice, with one lane (libsodium has no more).
inline constexpr unsigned long long kArgon2Passes = 3;
inline constexpr std::size_t kArgon2Bytes = 64u << 20;

// Checked as far as a value can be without its password. Errors: InvalidArgument.
absl::StatusOr<StoredPassword> ParseStored(std::string_view scheme_and_value);

// Whether a check takes about a second at most. InvalidArgument: it asks for more, and each login would; what is stored already is checked
// nevertheless.
absl::Status CheckCost(const StoredPassword& stored);

// REQUIRES: a slow scheme (not kPlain, kPlainKeyed).
bool CheckSlow(const StoredPassword& stored, std::string_view password);

// Costs what a password of ours costs, and fits none.
const StoredPassword& DummyPassword();

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_SCHEME_H_
