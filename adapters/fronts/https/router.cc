// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/router.h"

namespace mailwake::internal {
namespace {

std::string_view Path(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (target.empty() || target.front() == '/') return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

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
  const std::string_view path = Path(target);
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
