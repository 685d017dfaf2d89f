// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/user.h"

#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {

std::string_view WithoutDomain(std::string_view user) {
  const std::size_t slash = user.find('\\');
  return slash == std::string_view::npos ? user : user.substr(slash + 1);
}

bool SameUser(std::string_view a, std::string_view b) {
  a = WithoutDomain(a);
  b = WithoutDomain(b);
  const std::size_t at_a = a.rfind('@');
  const std::size_t at_b = b.rfind('@');
  if ((at_a == std::string_view::npos) != (at_b == std::string_view::npos)) {
    a = a.substr(0, at_a);
    b = b.substr(0, at_b);
  }
  return !a.empty() && EqualsIgnoreCase(a, b);
}

}  // namespace mailwake::eas
