// SPDX-License-Identifier: Apache-2.0
#ifndef MAILWAKE_TESTS_ACTIVESYNC_HEX_H_
#define MAILWAKE_TESTS_ACTIVESYNC_HEX_H_

#include <string>
#include <string_view>

namespace mailwake::test {

// "03 01 6a" and "03016a" alike.
inline std::string FromHex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string digits, out;
  for (const char c : hex) {
    if (c != ' ') digits.push_back(c);
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) out.push_back(static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1])));
  return out;
}

inline std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
  }
  return out;
}

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ACTIVESYNC_HEX_H_
