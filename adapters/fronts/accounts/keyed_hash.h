// SPDX-License-Identifier: Apache-2.0
//
// KeyedHash: BLAKE2b with a secret key. Fast, and useless to who has the hashes but not the key.
//
// Threads:    immutable.
// Invariants: parts are told apart by their lengths: ("ab", "c") and ("a", "bc") differ.
// Example:    KeyedHash hash(key); std::string token = hash.Hash("verified", {user, stored, password});

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KEYED_HASH_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KEYED_HASH_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "adapters/fronts/accounts/key_file.h"

namespace mailwake::internal {

class KeyedHash {
 public:
  explicit KeyedHash(const SecretKey& key) : key_(key) {}
  ~KeyedHash();
  KeyedHash(const KeyedHash&) = default;

  // 32 bytes. `purpose` keeps hashes for different uses apart.
  std::string Hash(std::string_view purpose, std::initializer_list<std::string_view> parts) const;

  // A password without a slow hash: "salt$hash", both base64. The salt is random: equal passwords look different.
  std::string HashPlain(std::string_view password) const;
  bool CheckPlain(std::string_view salt_and_hash, std::string_view password) const;

 private:
  SecretKey key_;
};

std::string ToBase64(std::string_view bytes);
// In constant time if the lengths are equal.
bool SameSecret(std::string_view a, std::string_view b);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KEYED_HASH_H_
