// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/keyed_hash.h"

#include <sodium.h>

#include <array>
#include <cstdint>

namespace mailwake::internal {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSaltBytes = 16;
constexpr std::string_view kPlain = "mailwake plain password";

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void Add(crypto_generichash_state& state, std::string_view part) {
  std::array<std::uint8_t, 8> length;
  for (std::size_t i = 0; i < length.size(); ++i) length[i] = static_cast<std::uint8_t>(std::uint64_t{part.size()} >> (8 * i));
  crypto_generichash_update(&state, length.data(), length.size());
  crypto_generichash_update(&state, Bytes(part), part.size());
}

}  // namespace

KeyedHash::~KeyedHash() { sodium_memzero(key_.data(), key_.size()); }

std::string KeyedHash::Hash(std::string_view purpose, std::initializer_list<std::string_view> parts) const {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key_.data(), key_.size(), kHashBytes);
  Add(state, purpose);
  for (const std::string_view part : parts) Add(state, part);
  std::string hash(kHashBytes, '\0');
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  sodium_memzero(&state, sizeof(state));
  return hash;
}

std::string KeyedHash::HashPlain(std::string_view password) const {
  std::string salt(kSaltBytes, '\0');
  randombytes_buf(salt.data(), salt.size());
  const std::string salt_text = ToBase64(salt);
  return salt_text + "$" + ToBase64(Hash(kPlain, {salt_text, password}));
}

bool KeyedHash::CheckPlain(std::string_view salt_and_hash, std::string_view password) const {
  const std::size_t dollar = salt_and_hash.find('$');
  if (dollar == std::string_view::npos) return false;
  return SameSecret(salt_and_hash.substr(dollar + 1), ToBase64(Hash(kPlain, {salt_and_hash.substr(0, dollar), password})));
}

std::string ToBase64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  text.pop_back();  // its terminating NUL
  return text;
}

bool SameSecret(std::string_view a, std::string_view b) { return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace mailwake::internal
