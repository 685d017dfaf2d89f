// SPDX-License-Identifier: Apache-2.0
//
// The target of a request, taken apart: "/v1/mailboxes/ann%40example.org/folders" is four decoded segments, "?a=b&c=d" two pairs.
//
// Threads:    plain values; the functions are pure.
// Invariants: (1) segments are split first and decoded then: "%2F" is a byte of a name, never a separator;
//             (2) "+" stands for itself, in the query too: "ann+lists@example.org" is a common mailbox, a blank in one is not.
// Example:    std::optional<RequestTarget> target = ParseTarget("/v1/explain?device=A1");

#ifndef MAILWAKE_SOURCES_HTTP_TARGET_H_
#define MAILWAKE_SOURCES_HTTP_TARGET_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailwake::http_source {

struct RequestTarget {
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;

  // The first value of that name.
  std::optional<std::string_view> Query(std::string_view name) const;
};

// nullopt: a "%" without two hexadecimal digits, or a path that does not begin with "/".
std::optional<RequestTarget> ParseTarget(std::string_view text);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_TARGET_H_
