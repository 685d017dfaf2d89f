// SPDX-License-Identifier: Apache-2.0
#include "adapters/sources/http/plain_line.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

namespace mailwake::http_source {
namespace {

// What is left of a line.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Take(char c) {
    SkipSpace();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<std::string_view> String() {
    if (!Take('"')) return std::nullopt;
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] >= 0x20 && rest_[end] < 0x7F && rest_[end] != '"' && rest_[end] != '\\') ++end;
    if (end == rest_.size() || rest_[end] != '"') return std::nullopt;
    const std::string_view string = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return string;
  }

  // Without a zero before it, a sign, a point or an exponent.
  std::optional<std::uint64_t> Number() {
    SkipSpace();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    const auto size = static_cast<std::size_t>(end - rest_.data());
    if (error != std::errc() || (rest_.front() == '0' && size > 1)) return std::nullopt;
    rest_.remove_prefix(size);
    return number;
  }

  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\r' || rest_.front() == '\n'))
      rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

// The values by their keys; a view without data is one that is missing.
struct Fields {
  std::string_view mailbox, folder, item_class, kind, device;
  std::optional<std::uint64_t> version;

  std::string_view* Find(std::string_view key) {
    if (key == "mailbox") return &mailbox;
    if (key == "folder") return &folder;
    if (key == "class") return &item_class;
    if (key == "kind") return &kind;
    if (key == "device") return &device;
    return nullptr;
  }
};

std::optional<Fields> Read(std::string_view text) {
  Scanner scanner(text);
  Fields fields;
  if (!scanner.Take('{')) return std::nullopt;
  do {
    const auto key = scanner.String();
    if (!key || !scanner.Take(':')) return std::nullopt;
    if (std::string_view* field = fields.Find(*key); field != nullptr && field->data() == nullptr) {
      const auto value = scanner.String();
      if (!value) return std::nullopt;
      *field = *value;
    } else if (*key == "version" && !fields.version) {
      fields.version = scanner.Number();
      if (!fields.version) return std::nullopt;
    } else {
      return std::nullopt;
    }
  } while (scanner.Take(','));
  if (!scanner.Take('}') || !scanner.AtEnd()) return std::nullopt;
  return fields;
}

bool Fits(std::string_view text, std::size_t most) { return !text.empty() && text.size() <= most; }

}  // namespace

std::optional<ChangeLine> PlainLine(std::string_view text) {
  const std::optional<Fields> fields = Read(text);
  if (!fields || !Fits(fields->mailbox, kMaxMailboxBytes) || !Fits(fields->folder, kMaxIdBytes) || fields->device.size() > kMaxDeviceBytes)
    return std::nullopt;
  const auto item_class = ParseItemClass(fields->item_class);
  const auto kind = ParseChangeKind(fields->kind);
  if (!item_class || !kind) return std::nullopt;
  return ChangeLine{.mailbox = std::string(fields->mailbox),
                    .folder = std::string(fields->folder),
                    .item_class = *item_class,
                    .kind = *kind,
                    .device = std::string(fields->device),
                    .host_version = fields->version};
}

}  // namespace mailwake::http_source
