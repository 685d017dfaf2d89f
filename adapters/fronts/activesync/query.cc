// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/query.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "mailwake/adapters/http_text.h"
#include "mailwake/types.h"

namespace mailwake::eas {
namespace {

constexpr std::uint8_t kParameterOptions = 7;
constexpr std::uint8_t kParameterUser = 8;
constexpr int kVersionMeantAs141 = 0x91;  // one client writes 14.1 so

absl::Status Bad(const char* what) { return absl::InvalidArgumentError(absl::StrCat("query: ", what)); }

bool Printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
  }
  return out;
}

absl::Status SetPlain(Query& query, std::string_view name, std::string value) {
  if (EqualsIgnoreCase(name, "Cmd")) {
    query.command = CommandByName(value);
    if (value.empty()) return Bad("Cmd is empty");
  } else if (EqualsIgnoreCase(name, "User")) {
    query.user = std::move(value);
  } else if (EqualsIgnoreCase(name, "DeviceId")) {
    if (!Printable(value)) return Bad("DeviceId is not printable");
    query.device = std::move(value);
  } else if (EqualsIgnoreCase(name, "DeviceType")) {
    query.device_type = std::move(value);
  } else if (EqualsIgnoreCase(name, "PolicyKey")) {
    std::uint32_t key = 0;
    if (absl::SimpleAtoi(value, &key)) query.policy_key = key;
  }
  return absl::OkStatus();
}

absl::StatusOr<Query> ParsePlain(std::string_view text) {
  Query query;
  bool has_command = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::optional<std::string> name = PercentDecode(pair.substr(0, equals));
    std::optional<std::string> value = PercentDecode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return Bad("a '%' without two hex digits");
    has_command |= EqualsIgnoreCase(*name, "Cmd");
    if (absl::Status status = SetPlain(query, *name, std::move(*value)); !status.ok()) return status;
  }
  if (!has_command) return Bad("Cmd is missing");
  return query;
}

// Takes bytes off the front; once there are too few, everything answers empty and `ok` is false.
struct Bytes {
  std::string_view left;
  bool ok = true;

  std::string_view Take(std::size_t count) {
    if (count > left.size()) {
      ok = false;
      left = {};
      return {};
    }
    const std::string_view taken = left.substr(0, count);
    left.remove_prefix(count);
    return taken;
  }
  std::uint8_t Byte() {
    const std::string_view taken = Take(1);
    return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
  }
  std::uint32_t LittleEndian(std::size_t count) {
    std::uint32_t value = 0;
    const std::string_view taken = Take(count);
    for (std::size_t i = 0; i < taken.size(); ++i) value |= std::uint32_t{static_cast<std::uint8_t>(taken[i])} << (8 * i);
    return value;
  }
  std::string_view Sized() { return Take(Byte()); }
};

absl::StatusOr<Query> ParseBase64(std::string_view text) {
  std::optional<std::string> encoded = PercentDecode(text);
  if (!encoded) return Bad("a '%' without two hex digits");
  std::replace(encoded->begin(), encoded->end(), ' ', '+');  // a proxy took the '+' for a space
  const std::optional<std::string> decoded = Base64Decode(*encoded);
  if (!decoded) return Bad("neither names with values nor base64");

  Bytes bytes{*decoded};
  Query query;
  query.version = bytes.Byte();
  if (query.version == kVersionMeantAs141) query.version = 141;
  query.command = CommandByCode(bytes.Byte());
  query.locale = static_cast<std::uint16_t>(bytes.LittleEndian(2));
  const std::string_view device = bytes.Sized();
  query.device = Printable(device) ? std::string(device) : Hex(device);
  const std::uint8_t key_size = bytes.Byte();
  if (key_size != 0 && key_size != 4) return Bad("a policy key that is not of 4 bytes");
  if (key_size == 4) query.policy_key = bytes.LittleEndian(4);
  query.device_type = std::string(bytes.Sized());
  while (bytes.ok && !bytes.left.empty()) {
    const std::uint8_t tag = bytes.Byte();
    const std::string_view value = bytes.Sized();
    if (tag == kParameterUser) query.user = std::string(value);
    if (tag == kParameterOptions && !value.empty()) query.options = static_cast<std::uint8_t>(value[0]);
  }
  if (!bytes.ok) return Bad("the base64 form ends too early");
  return query;
}

// "a=b", "a=b&c=d": but the '=' at the end of base64 is padding.
bool IsPlain(std::string_view text) {
  std::string_view body = text;
  while (!body.empty() && body.back() == '=') body.remove_suffix(1);
  return text.find('&') != std::string_view::npos || body.find('=') != std::string_view::npos;
}

}  // namespace

absl::StatusOr<Query> ParseQuery(std::string_view text) {
  if (text.empty()) return Bad("it is empty");
  absl::StatusOr<Query> query = IsPlain(text) ? ParsePlain(text) : ParseBase64(text);
  if (!query.ok()) return query;
  if (query->device.empty()) return Bad("the device id is missing");
  if (query->device.size() > kMaxDeviceBytes) return Bad("the device id is longer than 64 characters");
  return query;
}

int ParseVersion(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string major(text.substr(0, dot));
  const std::string minor(dot == text.size() ? std::string_view("0") : text.substr(dot + 1));
  int high = 0, low = 0;
  if (!absl::SimpleAtoi(major, &high) || !absl::SimpleAtoi(minor, &low)) return 0;
  if (high < 1 || high > 99 || low < 0 || low > 9) return 0;
  return high * 10 + low;
}

}  // namespace mailwake::eas
