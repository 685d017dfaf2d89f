// SPDX-License-Identifier: Apache-2.0
//
// NDJSON lines of changes: {"mailbox","folder","class","kind","device"?,"version"?}, one a line.
//
// Threads:    pure.
// Cost:       O(bytes); a tenth of a microsecond a line if it is plain (plain_line.h), else a whole one.
// Invariants: (1) all lines or none: the first bad one is named and nothing else is returned;
//             (2) blank lines count as lines and say nothing; keys that are not known are ignored.
// Example:    ChangeLines lines = ParseChangeLines(body); if (lines.bad_line == 0) engine.Publish(lines.Changes(), done);

#ifndef MAILWAKE_SOURCES_HTTP_CHANGE_LINES_H_
#define MAILWAKE_SOURCES_HTTP_CHANGE_LINES_H_

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sources/http/json_text.h"
#include "mailwake/types.h"

namespace mailwake::http_source {

struct ChangeLine {
  std::string mailbox;
  std::string folder;
  ItemClass item_class = ItemClass::kEmail;
  ChangeKind kind = ChangeKind::kAdded;
  std::string device;
  std::optional<std::uint64_t> host_version;
};

struct ChangeLines {
  std::vector<ChangeLine> lines;
  std::size_t bad_line = 0;  // counted from 1; 0: none
  std::string error;

  // Views into `lines`.
  std::vector<Change> Changes() const;
};

ChangeLines ParseChangeLines(std::string_view body);

// The class that an object's "class" names. Errors: InvalidArgument lists those that there are.
absl::StatusOr<ItemClass> NeedItemClass(const Json& object);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_CHANGE_LINES_H_
