// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/target.h"

#include "mailwake/adapters/http_text.h"

namespace mailwake::http_source {
namespace {

// Takes what stands before `separator` off the front of `rest`.
std::string_view Take(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return head;
}

}  // namespace

std::optional<std::string_view> RequestTarget::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<RequestTarget> ParseTarget(std::string_view text) {
  std::string_view rest = text;
  std::string_view path = Take(rest, '?');
  if (path.empty() || path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  RequestTarget target;
  while (true) {
    const bool last = path.find('/') == std::string_view::npos;
    std::optional<std::string> segment = PercentDecode(Take(path, '/'));
    if (!segment) return std::nullopt;
    target.path.push_back(std::move(*segment));
    if (last) break;
  }
  while (!rest.empty()) {
    std::string_view pair = Take(rest, '&');
    if (pair.empty()) continue;
    std::optional<std::string> key = PercentDecode(Take(pair, '='));
    std::optional<std::string> value = PercentDecode(pair);
    if (!key || !value) return std::nullopt;
    target.query.emplace_back(std::move(*key), std::move(*value));
  }
  return target;
}

}  // namespace mailwake::http_source
