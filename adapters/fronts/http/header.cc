// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/http.h"
#include "mailwake/adapters/http_text.h"

namespace mailwake {

std::string_view Header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return {};
}

bool HasContentCoding(const HttpRequest& request) {
  for (const auto& [key, value] : request.headers) {
    if (EqualsIgnoreCase(key, "Content-Encoding") && !value.empty() && !EqualsIgnoreCase(value, "identity")) return true;
  }
  return false;
}

}  // namespace mailwake
