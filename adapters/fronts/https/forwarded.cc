// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/forwarded.h"

#include <string>
#include <string_view>

#include "mailwake/adapters/http_text.h"

namespace mailwake::internal {
namespace {

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Some proxies write a port too: "192.0.2.7:1234", "[2001:db8::7]:1234".
std::string_view WithoutPort(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const std::size_t colon = text.find(':');
  return colon == text.rfind(':') ? text.substr(0, colon) : text;
}

}  // namespace

PeerAddress ClientOf(const HttpHeaders& headers, const PeerAddress& proxy, const Networks& trusted) {
  PeerAddress client = proxy;
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (!EqualsIgnoreCase(header->first, "X-Forwarded-For")) continue;
    std::string_view list = header->second;
    for (bool more = true; more;) {
      const std::size_t comma = list.rfind(',');
      more = comma != std::string_view::npos;
      const auto named = PeerAddress::Parse(std::string(WithoutPort(Trimmed(more ? list.substr(comma + 1) : list))));
      if (!named) return client;
      client = *named;
      if (!trusted.Contain(client)) return client;
      if (more) list = list.substr(0, comma);
    }
  }
  return client;
}

}  // namespace mailwake::internal
