// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/password_scheme.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <crypt.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "adapters/fronts/accounts/keyed_hash.h"

namespace mailwake::internal {
namespace {

constexpr std::array<std::pair<std::string_view, PasswordScheme>, 5> kSchemes = {{
    {"PLAIN-KEYED", PasswordScheme::kPlainKeyed},
    {"PLAIN", PasswordScheme::kPlain},
    {"ARGON2ID", PasswordScheme::kArgon2id},
    {"SHA512-CRYPT", PasswordScheme::kSha512Crypt},
    {"BLF-CRYPT", PasswordScheme::kBlfCrypt},
}};

// A hash that asks for more than this would take the machine from everybody else.
constexpr unsigned kMostArgon2KiB = 1u << 20;
constexpr unsigned kMostArgon2Passes = 32;

// About a second on one core of a server.
constexpr std::uint64_t kMostSha512Rounds = 1'000'000;
constexpr int kMostBlfCost = 14;
constexpr unsigned kMostArgon2KiBPasses = 1u << 20;
constexpr unsigned kMostArgon2KiBChecked = 256u << 10;  // each thread that checks takes so much

constexpr std::string_view kCryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool IsCryptText(std::string_view text, std::size_t size) {
  return text.size() == size && text.find_first_not_of(kCryptAlphabet) == std::string_view::npos;
}

bool Argon2Cost(const std::string& value, unsigned& kib, unsigned& passes) {
  unsigned version = 0, lanes = 0;
  return std::sscanf(value.c_str(), "$argon2id$v=%u$m=%u,t=%u,p=%u$", &version, &kib, &passes, &lanes) == 4;
}

bool IsArgon2id(const std::string& value) {
  unsigned kib = 0, passes = 0;
  if (value.find('\0') != std::string::npos || !Argon2Cost(value, kib, passes)) return false;
  if (kib > kMostArgon2KiB || passes > kMostArgon2Passes) return false;
  // Its own parser has the last word: -1 means that the text is malformed.
  return sodium_init() >= 0 && value.size() < crypto_pwhash_STRBYTES &&
         crypto_pwhash_argon2id_str_needs_rehash(value.c_str(), kArgon2Passes, kArgon2Bytes) != -1;
}

constexpr std::string_view kRounds = "$6$rounds=";

// What crypt(3) takes back as its own, by crypt(5): a number of at least 1,000, written as it would write it.
bool IsRounds(std::string_view text) {
  return text.size() >= 4 && text.front() != '0' && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsSalt(std::string_view text) {
  const auto good = [](char c) { return c > 0x20 && c < 0x7F && std::string_view("!*:;\\").find(c) == std::string_view::npos; };
  return text.size() <= 16 && std::all_of(text.begin(), text.end(), good);
}

// "$6$[rounds=N$]salt$hash"
bool IsSha512Crypt(std::string_view value) {
  if (value.substr(0, 3) != "$6$") return false;
  std::size_t salt = 3;
  if (value.substr(0, kRounds.size()) == kRounds) {
    const std::size_t end = value.find('$', kRounds.size());
    if (end == std::string_view::npos || !IsRounds(value.substr(kRounds.size(), end - kRounds.size()))) return false;
    salt = end + 1;
  }
  const std::size_t end = value.find('$', salt);
  return end != std::string_view::npos && IsSalt(value.substr(salt, end - salt)) && IsCryptText(value.substr(end + 1), 86);
}

// "$2y$NN$" and 53 characters of salt and hash.
bool IsBlfCrypt(std::string_view value) {
  if (value.size() != 60 || (value.substr(0, 4) != "$2y$" && value.substr(0, 4) != "$2b$" && value.substr(0, 4) != "$2a$")) return false;
  const auto digit = [&](std::size_t at) { return value[at] >= '0' && value[at] <= '9'; };
  return digit(4) && digit(5) && value[6] == '$' && IsCryptText(value.substr(7), 53);
}

bool Fits(const StoredPassword& stored) {
  switch (stored.scheme) {
    case PasswordScheme::kArgon2id:
      return IsArgon2id(stored.value);
    case PasswordScheme::kSha512Crypt:
      return IsSha512Crypt(stored.value);
    case PasswordScheme::kBlfCrypt:
      return IsBlfCrypt(stored.value);
    case PasswordScheme::kPlain:
    case PasswordScheme::kPlainKeyed:
      return !stored.value.empty();
  }
  return false;
}

bool CheckCrypt(const std::string& setting, std::string_view password) {
  // crypt ends at a NUL: what comes after it would not be looked at.
  if (password.find('\0') != std::string_view::npos) return false;
  std::string text(password);
  const auto data = std::make_unique<crypt_data>();  // 32 kB
  const char* hash = ::crypt_r(text.c_str(), setting.c_str(), data.get());
  const bool right = hash != nullptr && SameSecret(hash, setting);
  sodium_memzero(text.data(), text.size());
  sodium_memzero(data.get(), sizeof(*data));
  return right;
}

}  // namespace

absl::StatusOr<StoredPassword> ParseStored(std::string_view scheme_and_value) {
  const std::size_t end = scheme_and_value.find('}');
  if (scheme_and_value.empty() || scheme_and_value.front() != '{' || end == std::string_view::npos)
    return absl::InvalidArgumentError("a stored password begins with its scheme in braces, as in {ARGON2ID}$argon2id$...");
  const std::string_view given = scheme_and_value.substr(1, end - 1);
  const std::string name = absl::AsciiStrToUpper(absl::string_view(given.data(), given.size()));
  for (const auto& [known, scheme] : kSchemes) {
    if (known != name) continue;
    StoredPassword stored{.scheme = scheme, .value = std::string(scheme_and_value.substr(end + 1))};
    if (Fits(stored)) return stored;
    return absl::InvalidArgumentError(
        absl::StrCat("the value after {", name, "} is not one of that scheme, or asks for too much memory or time"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("password scheme {", std::string(given), "} is not known; there are PLAIN, SHA512-CRYPT, BLF-CRYPT and ARGON2ID"));
}

absl::Status CheckCost(const StoredPassword& stored) {
  if (stored.scheme == PasswordScheme::kSha512Crypt && stored.value.substr(0, kRounds.size()) == kRounds) {
    const std::string rounds = stored.value.substr(kRounds.size(), stored.value.find('$', kRounds.size()) - kRounds.size());
    std::uint64_t number = 0;
    if (absl::SimpleAtoi(rounds, &number) && number <= kMostSha512Rounds) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("each check of this password would take over a second: its rounds are ", rounds, ", ",
                                                   kMostSha512Rounds, " are the most"));
  }
  if (stored.scheme == PasswordScheme::kBlfCrypt) {
    const int cost = (stored.value[4] - '0') * 10 + stored.value[5] - '0';
    if (cost <= kMostBlfCost) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("each check of this password would take over a second: its cost is ", cost, ", ", kMostBlfCost, " is the most"));
  }
  unsigned kib = 0, passes = 0;
  if (stored.scheme == PasswordScheme::kArgon2id && Argon2Cost(stored.value, kib, passes) &&
      (kib > kMostArgon2KiBChecked || std::uint64_t{kib} * passes > kMostArgon2KiBPasses)) {
    return absl::InvalidArgumentError(absl::StrCat("each check of this password would take over a second, or too much memory: m is ", kib,
                                                   " and t is ", passes, "; ", kMostArgon2KiBChecked, " is the most for m, ",
                                                   kMostArgon2KiBPasses, " for their product"));
  }
  return absl::OkStatus();
}

bool CheckSlow(const StoredPassword& stored, std::string_view password) {
  if (stored.scheme == PasswordScheme::kArgon2id)
    return crypto_pwhash_str_verify(stored.value.c_str(), password.data(), password.size()) == 0;
  return CheckCrypt(stored.value, password);
}

const StoredPassword& DummyPassword() {
  static const StoredPassword dummy{.scheme = PasswordScheme::kArgon2id,
                                    .value = absl::StrCat("$argon2id$v=19$m=", kArgon2Bytes / 1024, ",t=", kArgon2Passes, ",p=1$",
                                                          ToBase64(std::string(16, 'd')), "$", ToBase64(std::string(32, 'd')))};
  return dummy;
}

}  // namespace mailwake::internal
