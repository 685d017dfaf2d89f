// SPDX-License-Identifier: Apache-2.0
//
// Router: which handler a request's path belongs to.
//
// Threads:    Add before the first Find; then any number of readers. OriginForm is pure.
// Cost:       Find O(paths): there are few.
// Example:    router.Add("/v1/", handler); router.Find("/v1/changes?x=1");

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_ROUTER_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_ROUTER_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/adapters/http.h"

namespace mailwake::internal {

// "https://host/path?query", which clients of a proxy send, as "/path?query"; every other target as it is.
std::string OriginForm(std::string target);

class Router {
 public:
  // A path, or all that begin with it if it ends in '/'. The same path again replaces the handler.
  void Add(std::string path, HttpHandler handler);
  // The longest match; nullptr: none. `target` in origin form.
  const HttpHandler* Find(std::string_view target) const;
  void Clear() { routes_.clear(); }

 private:
  std::vector<std::pair<std::string, HttpHandler>> routes_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_ROUTER_H_
