// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/router.h"

#include <absl/strings/match.h>
#include <absl/strings/string_view.h>

namespace mailwake::internal {

std::string OriginForm(std::string target) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string::npos) return target;
  const absl::string_view name(target.data(), scheme);
  if (!absl::EqualsIgnoreCase(name, "https") && !absl::EqualsIgnoreCase(name, "http")) return target;
  const std::size_t end = target.find_first_of("/?#", scheme + 3);
  if (end == std::string::npos) return "/";
  return target[end] == '/' ? target.substr(end) : "/" + target.substr(end);
}

void Router::Add(std::string path, HttpHandler handler) {
  for (auto& [known, route] : routes_) {
    if (known == path) {
      route = std::move(handler);
      return;
    }
  }
  routes_.emplace_back(std::move(path), std::move(handler));
}

const HttpHandler* Router::Find(std::string_view target) const {
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  const HttpHandler* found = nullptr;
  std::size_t length = 0;
  for (const auto& [route, handler] : routes_) {
    const bool prefix = !route.empty() && route.back() == '/';
    const bool matches = prefix ? path.substr(0, route.size()) == route : path == route;
    if (!matches || route.size() < length) continue;
    found = &handler;
    length = route.size();
  }
  return found;
}

}  // namespace mailwake::internal
