// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/change_lines.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <limits>
#include <utility>

#include "adapters/sources/http/plain_line.h"

namespace mailwake::http_source {
namespace {

constexpr char kClasses[] = "email, calendar, contacts, tasks, notes";
constexpr char kKinds[] = "added, changed, deleted, flags";

// A key whose value is one of few words.
template <typename Enum>
absl::StatusOr<Enum> NeedWord(const Json& object, const char* key, const char* allowed, std::optional<Enum> (*parse)(std::string_view)) {
  const Json* value = Find(object, key);
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" is missing: allowed are ", allowed));
  if (value->is_string()) {
    if (const std::optional<Enum> word = parse(value->get_ref<const std::string&>())) return *word;
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" is ", Shown(*value), ": allowed are ", allowed));
}

absl::StatusOr<ChangeLine> ParseLine(std::string_view text) {
  if (std::optional<ChangeLine> plain = PlainLine(text)) return *std::move(plain);
  absl::StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return absl::InvalidArgumentError(absl::StrCat("the line ", json.status().message()));
  if (!json->is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the line is ", Shown(*json), ": it must be an object {\"mailbox\",\"folder\",\"class\",\"kind\"}"));
  }
  ChangeLine line;
  absl::StatusOr<std::string> mailbox = NeedText(*json, "mailbox", 1, kMaxMailboxBytes);
  if (!mailbox.ok()) return mailbox.status();
  line.mailbox = *std::move(mailbox);
  absl::StatusOr<std::string> folder = NeedText(*json, "folder", 1, kMaxIdBytes);
  if (!folder.ok()) return folder.status();
  line.folder = *std::move(folder);
  const absl::StatusOr<ItemClass> item_class = NeedItemClass(*json);
  if (!item_class.ok()) return item_class.status();
  line.item_class = *item_class;
  const absl::StatusOr<ChangeKind> kind = NeedWord<ChangeKind>(*json, "kind", kKinds, &ParseChangeKind);
  if (!kind.ok()) return kind.status();
  line.kind = *kind;
  absl::StatusOr<std::string> device = OptionalText(*json, "device", kMaxDeviceBytes);
  if (!device.ok()) return device.status();
  line.device = *std::move(device);
  if (const Json* version = Find(*json, "version")) {
    if (!version->is_number_unsigned()) {
      return absl::InvalidArgumentError(absl::StrCat("\"version\" is ", Shown(*version), ": it must be a whole number from 0 to ",
                                                     std::numeric_limits<std::uint64_t>::max()));
    }
    line.host_version = version->get<std::uint64_t>();
  }
  return line;
}

bool Blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

absl::StatusOr<ItemClass> NeedItemClass(const Json& object) { return NeedWord<ItemClass>(object, "class", kClasses, &ParseItemClass); }

std::vector<Change> ChangeLines::Changes() const {
  std::vector<Change> changes;
  changes.reserve(lines.size());
  for (const ChangeLine& line : lines) {
    changes.push_back({.mailbox = line.mailbox,
                       .folder = line.folder,
                       .item_class = line.item_class,
                       .kind = line.kind,
                       .device = line.device,
                       .host_version = line.host_version});
  }
  return changes;
}

ChangeLines ParseChangeLines(std::string_view body) {
  ChangeLines result;
  std::size_t number = 0;
  while (!body.empty()) {
    ++number;
    const std::size_t end = body.find('\n');
    const std::string_view text = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
    if (Blank(text)) continue;
    absl::StatusOr<ChangeLine> line = ParseLine(text);
    if (!line.ok()) return {.lines = {}, .bad_line = number, .error = std::string(line.status().message())};
    result.lines.push_back(*std::move(line));
  }
  return result;
}

}  // namespace mailwake::http_source
