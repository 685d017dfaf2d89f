// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>
#include <sodium.h>

#include "adapters/fronts/accounts/keyed_hash.h"
#include "adapters/fronts/accounts/password_scheme.h"
#include "mailwake/adapters/authenticator.h"

namespace mailwake {
namespace {

using internal::PasswordScheme;
using internal::StoredPassword;

std::string NameOf(PasswordScheme scheme) {
  switch (scheme) {
    case PasswordScheme::kArgon2id:
      return "{ARGON2ID}";
    case PasswordScheme::kSha512Crypt:
      return "{SHA512-CRYPT}";
    case PasswordScheme::kBlfCrypt:
      return "{BLF-CRYPT}";
    case PasswordScheme::kPlain:
    case PasswordScheme::kPlainKeyed:
      break;
  }
  return "{PLAIN-KEYED}";
}

}  // namespace

absl::StatusOr<std::string> HashPassword(std::string_view password) {
  if (password.empty()) return absl::InvalidArgumentError("the password is empty");
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot be initialised");
  char text[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_argon2id_str(text, password.data(), password.size(), internal::kArgon2Passes, internal::kArgon2Bytes) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot hash the password: that takes ", internal::kArgon2Bytes >> 20,
                                                     " MiB of memory, which the system does not give"));
  }
  return absl::StrCat(NameOf(PasswordScheme::kArgon2id), text);
}

absl::StatusOr<std::string> ImportPassword(std::string_view scheme_and_value, const std::string& key_file) {
  absl::StatusOr<StoredPassword> stored = internal::ParseStored(scheme_and_value);
  if (!stored.ok()) return stored.status();
  if (stored->scheme == PasswordScheme::kPlainKeyed)
    return absl::InvalidArgumentError("{PLAIN-KEYED} values belong to the key file that they were made with and cannot be imported");
  if (absl::Status cost = internal::CheckCost(*stored); !cost.ok()) return cost;
  if (stored->scheme != PasswordScheme::kPlain) return absl::StrCat(NameOf(stored->scheme), stored->value);
  absl::StatusOr<internal::SecretKey> key = internal::LoadOrMakeKey(key_file);
  if (!key.ok()) return key.status();
  return absl::StrCat(NameOf(PasswordScheme::kPlainKeyed), internal::KeyedHash(*key).HashPlain(stored->value));
}

}  // namespace mailwake
