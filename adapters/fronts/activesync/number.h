// SPDX-License-Identifier: Apache-2.0
//
// Numbers as documents write them.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_NUMBER_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_NUMBER_H_

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace mailwake::eas {

// A whole decimal number; one that is out of reach becomes the nearest within +-10^9, so that nothing later overflows.
inline std::optional<std::int64_t> Number(std::string_view text) {
  constexpr std::int64_t kReach = 1'000'000'000;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return text.front() == '-' ? -kReach : kReach;
  return std::clamp(value, -kReach, kReach);
}

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_NUMBER_H_
