// SPDX-License-Identifier: Apache-2.0
//
// The names of the enumerations, as logs and scripts write them.

#include <array>

#include "mailwake/ping.h"
#include "mailwake/types.h"

namespace mailwake {
namespace {

constexpr std::array<std::string_view, kItemClasses> kClassNames = {"email", "calendar", "contacts", "tasks", "notes"};
constexpr std::array<std::string_view, kChangeKinds> kKindNames = {"added", "changed", "deleted", "flags"};
constexpr std::array<std::string_view, kEndReasons> kReasonNames = {"changed",   "expired", "hierarchy", "resync",  "superseded",
                                                                    "cancelled", "refused", "shed",      "drained", "failed"};
constexpr std::array<std::string_view, 9> kRefusalNames = {
    "none",        "invalid", "missing parameters", "heartbeat too short", "heartbeat too long", "too many folders", "mailbox full",
    "server full", "revoked",
};

template <typename Enum, std::size_t N>
std::optional<Enum> Parse(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view Name(ItemClass item_class) { return kClassNames.at(static_cast<std::size_t>(item_class)); }
std::string_view Name(ChangeKind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }
std::string_view Name(EndReason reason) { return kReasonNames.at(static_cast<std::size_t>(reason)); }
std::string_view Name(Refusal refusal) { return kRefusalNames.at(static_cast<std::size_t>(refusal)); }

std::optional<ItemClass> ParseItemClass(std::string_view name) { return Parse<ItemClass>(kClassNames, name); }
std::optional<ChangeKind> ParseChangeKind(std::string_view name) { return Parse<ChangeKind>(kKindNames, name); }

}  // namespace mailwake
