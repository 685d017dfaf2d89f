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

// Some proxies write a port too: "192.0.2.7:1234", "[2001:db8::7]:1234". Empty, which is no address, if what is there is no port.
std::string_view WithoutPort(std::string_view text) {
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return {};
    host = text.substr(1, close - 1), port = text.substr(close + 1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon), port = text.substr(colon);
  }
  const bool is_port = port.size() > 1 && port.starts_with(':') && port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  return port.empty() || is_port ? host : std::string_view();
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
