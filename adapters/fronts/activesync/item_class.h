// SPDX-License-Identifier: Apache-2.0
//
// The class names of the protocol: "Email", "Calendar", "Contacts", "Tasks", "Notes".

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_ITEM_CLASS_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_ITEM_CLASS_H_

#include <optional>
#include <string_view>

#include "mailwake/types.h"

namespace mailwake::eas {

// In any case; nullopt: none of them (SMS for one).
std::optional<ItemClass> ClassByName(std::string_view name);
std::string_view ClassName(ItemClass item_class);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_ITEM_CLASS_H_
