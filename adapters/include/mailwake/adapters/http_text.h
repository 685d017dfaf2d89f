// SPDX-License-Identifier: Apache-2.0
//
// The small texts inside HTTP requests: percent-encoding, base64, Basic credentials, the path of a target.
//
// Threads:    pure functions, but for SomeSeconds: any.

#ifndef MAILWAKE_ADAPTERS_HTTP_TEXT_H_
#define MAILWAKE_ADAPTERS_HTTP_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mailwake {

namespace internal {
bool SameLetters(const char* a, const char* b, std::size_t size);
}
// ASCII letters without regard to case.
inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && internal::SameLetters(a.data(), b.data(), a.size());
}

// nullopt: a '%' without two hex digits. A '+' stays a '+': in base64 and in addresses it means itself.
std::optional<std::string> PercentDecode(std::string_view text);

// Standard and URL-safe alphabet, with padding or without. nullopt: anything else.
std::optional<std::string> Base64Decode(std::string_view text);
std::string Base64Encode(std::string_view bytes);

struct BasicCredentials {
  std::string user;
  std::string password;
};
// Of an Authorization header's value. nullopt: not Basic, not base64, no colon, or no user.
std::optional<BasicCredentials> ParseBasic(std::string_view authorization);
std::string BasicAuthorization(std::string_view user, std::string_view password);

// A whole number of seconds between these, by chance: for Retry-After, so that those who were refused together do not return together.
int SomeSeconds(int least, int most);

struct Target {
  std::string_view path;   // as sent, before the '?'
  std::string_view query;  // as sent, after it; empty if there is none
};
Target SplitTarget(std::string_view target);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_HTTP_TEXT_H_
