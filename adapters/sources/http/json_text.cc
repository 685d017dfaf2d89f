// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/json_text.h"

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <exception>

namespace mailwake::http_source {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxShown = 60;

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

// nlohmann parses without recursion, but each level costs it about 80 bytes: 8 MB of "[" would take over 600 MB.
bool TooDeep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// nlohmann: "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ..."; the rest is for people.
std::string Complaint(std::string_view what) {
  const std::size_t column = what.find("column ");
  if (column != std::string_view::npos) return std::string(what.substr(column));
  const std::size_t bracket = what.find("] ");
  return std::string(bracket == std::string_view::npos ? what : what.substr(bracket + 2));
}

absl::Status CheckCharacters(std::string_view what, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(Abseil(what), " holds a control character (0x", absl::Hex(byte, absl::kZeroPad2), "): ids and names have none"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view text) {
  if (TooDeep(text)) return absl::InvalidArgumentError(absl::StrCat("is nested deeper than ", kMaxDepth, " levels"));
  try {
    return Json::parse(text);
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("is not JSON: ", Complaint(error.what())));
  }
}

std::string Write(const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); }

std::string Shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= kMaxShown) return text;
  std::size_t cut = kMaxShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "...";
}

const Json* Find(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

absl::Status CheckName(std::string_view what, std::string_view name, std::size_t most) {
  if (!name.empty() && name.size() <= most) return CheckCharacters(what, name);
  return absl::InvalidArgumentError(absl::StrCat(Abseil(what), " has ", name.size(), " bytes: it must have 1 to ", most));
}

absl::StatusOr<std::string> TextOf(const Json& value, std::string_view what, std::size_t least, std::size_t most) {
  const auto allowed = [&] { return absl::StrCat("it must be a string of ", least, " to ", most, " bytes"); };
  if (!value.is_string()) return absl::InvalidArgumentError(absl::StrCat(Abseil(what), " is ", Shown(value), ": ", allowed()));
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() < least || text.size() > most) {
    return absl::InvalidArgumentError(absl::StrCat(Abseil(what), " has ", text.size(), " bytes: ", allowed()));
  }
  if (absl::Status characters = CheckCharacters(what, text); !characters.ok()) return characters;
  return text;
}

absl::StatusOr<std::string> NeedText(const Json& object, const char* key, std::size_t least, std::size_t most) {
  const std::string what = absl::StrCat("\"", key, "\"");
  const Json* value = Find(object, key);
  if (value == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is missing: it must be a string of ", least, " to ", most, " bytes"));
  }
  return TextOf(*value, what, least, most);
}

absl::StatusOr<std::string> OptionalText(const Json& object, const char* key, std::size_t most) {
  const Json* value = Find(object, key);
  if (value == nullptr) return std::string();
  return TextOf(*value, absl::StrCat("\"", key, "\""), 0, most);
}

}  // namespace mailwake::http_source
