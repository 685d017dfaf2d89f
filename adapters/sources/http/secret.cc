// SPDX-License-Identifier: Apache-2.0
#include "adapters/sources/http/secret.h"

#include <sodium.h>

namespace mailwake::http_source {
namespace {

std::array<unsigned char, 32> Hash(std::string_view word) {
  std::array<unsigned char, 32> hash;
  static_assert(hash.size() == crypto_generichash_BYTES);
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(word.data()), word.size(), nullptr, 0);
  return hash;
}

}  // namespace

Secret::Secret(std::string_view word) : hash_(Hash(word)) {}

// Hashes of one length are compared, so that the word's length does not show either.
bool Secret::Is(std::string_view given) const {
  const auto hash = Hash(given);
  return sodium_memcmp(hash.data(), hash_.data(), hash.size()) == 0;
}

}  // namespace mailwake::http_source
