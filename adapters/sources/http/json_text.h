// SPDX-License-Identifier: Apache-2.0
//
// JSON in and out, bounded: what a stranger sends is parsed to a depth of 16 at most, and what does not fit is told in a sentence that
// names the key, what stood there and what is allowed.
//
// Threads:    the functions are pure.
// Invariants: (1) nothing throws out of here; (2) a text that is written is valid UTF-8, whatever bytes a name holds.

#ifndef MAILWAKE_SOURCES_HTTP_JSON_TEXT_H_
#define MAILWAKE_SOURCES_HTTP_JSON_TEXT_H_

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mailwake::http_source {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// Errors: InvalidArgument: "is not JSON: ...".
absl::StatusOr<Json> ParseJson(std::string_view text);

// Invalid UTF-8 becomes U+FFFD.
std::string Write(const OrderedJson& json);

// A value as messages show it: short, and on one line.
std::string Shown(const Json& value);

// The value of a key; nullptr if it is missing. JSON's null counts as missing: some scripting languages write it for "none".
const Json* Find(const Json& object, const char* key);

// A string of `least` to `most` bytes without control characters (below 0x20, and 0x7F), which no id or name needs and which logs, shells
// and other people's parsers take for something else. Errors: InvalidArgument.
absl::StatusOr<std::string> TextOf(const Json& value, std::string_view what, std::size_t least, std::size_t most);
// The same, of a key that must be there.
absl::StatusOr<std::string> NeedText(const Json& object, const char* key, std::size_t least, std::size_t most);
// The same, of one that may be left out: empty then.
absl::StatusOr<std::string> OptionalText(const Json& object, const char* key, std::size_t most);
// A name that came in the path or the query: 1 to `most` bytes, and as above. Errors: InvalidArgument.
absl::Status CheckName(std::string_view what, std::string_view name, std::size_t most);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_JSON_TEXT_H_
