// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/item_class.h"

#include <array>

#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {
namespace {

constexpr std::array<std::string_view, kItemClasses> kNames = {"Email", "Calendar", "Contacts", "Tasks", "Notes"};

}  // namespace

std::optional<ItemClass> ClassByName(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (EqualsIgnoreCase(kNames[i], name)) return static_cast<ItemClass>(i);
  }
  return std::nullopt;
}

std::string_view ClassName(ItemClass item_class) { return kNames.at(static_cast<std::size_t>(item_class)); }

}  // namespace mailwake::eas
