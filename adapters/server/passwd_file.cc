// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/passwd_file.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "mailwake/types.h"

namespace mailwake::server {
namespace {

struct Line {
  std::string_view name;
  std::string_view password;
};

absl::StatusOr<Line> Split(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return absl::InvalidArgumentError("there is no colon: a line is name:{SCHEME}value");
  Line line{.name = text.substr(0, colon), .password = text.substr(colon + 1)};
  line.password = line.password.substr(0, line.password.find(':'));
  if (absl::Status name = CheckUserName(line.name); !name.ok()) return name;
  if (line.password.empty() || line.password.front() != '{' || line.password.find('}') == std::string_view::npos) {
    return absl::InvalidArgumentError(
        "the password does not begin with its scheme in braces: {PLAIN}, {SHA512-CRYPT}, {BLF-CRYPT} or {ARGON2ID}");
  }
  return line;
}

}  // namespace

absl::Status CheckUserName(std::string_view name) {
  if (name.empty() || name.size() > kMaxMailboxBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the name has ", name.size(), " bytes: it must have 1 to ", kMaxMailboxBytes));
  }
  const bool bad = std::any_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == ':' || byte < 0x20 || byte == 0x7F;
  });
  if (bad) return absl::InvalidArgumentError("the name holds a colon or a control character: Basic authentication cannot carry it");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AccountRecord>> ParsePasswdFile(std::string_view text, const std::string& file,
                                                           const std::function<absl::StatusOr<std::string>(std::string_view)>& import) {
  std::vector<AccountRecord> accounts;
  absl::flat_hash_map<std::string, std::size_t> seen;
  std::string errors;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (row.find_first_not_of(" \t") == std::string_view::npos || row.front() == '#') continue;
    const absl::StatusOr<Line> line = Split(row);
    absl::StatusOr<std::string> password = line.ok() ? import(line->password) : absl::StatusOr<std::string>(line.status());
    if (password.ok()) {
      const auto [first, fresh] = seen.emplace(std::string(line->name), number);
      if (!fresh) password = absl::InvalidArgumentError(absl::StrCat("the name stands in line ", first->second, " already"));
    }
    if (password.ok()) {
      accounts.push_back({.user = std::string(line->name), .password = *std::move(password), .verified = {}});
    } else {
      absl::StrAppend(&errors, errors.empty() ? "" : "\n", file, ":", number, ": ", password.status().message());
    }
  }
  if (!errors.empty()) return absl::InvalidArgumentError(errors);
  return accounts;
}

}  // namespace mailwake::server
