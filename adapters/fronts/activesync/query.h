// SPDX-License-Identifier: Apache-2.0
//
// What stands after the '?' of a request, in either form: names and values (all versions), or base64 of a few bytes (12.1 and later).
//
// Invariants: a device id is 1 to 64 printable ASCII characters. In the base64 form it may be raw bytes: those are written as hex
//             digits, so that a phone that sends its id as text in one form and as bytes in the other is one device.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_QUERY_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_QUERY_H_

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/fronts/activesync/command.h"

namespace mailwake::eas {

struct Query {
  Command command = Command::kOther;
  std::string user;  // empty: not given
  std::string device;
  std::string device_type;
  int version = 0;  // in tenths: 141 is 14.1. 0: not said (plain form: it is in a header)
  std::uint16_t locale = 0;
  std::optional<std::uint32_t> policy_key;
  std::uint8_t options = 0;
};

// Errors: InvalidArgument says what is wrong.
absl::StatusOr<Query> ParseQuery(std::string_view query);

// "14.1" is 141; 0 if it is no version.
int ParseVersion(std::string_view text);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_QUERY_H_
