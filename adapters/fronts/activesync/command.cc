// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/command.h"

#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {
namespace {

struct Known {
  Command command;
  std::string_view name;
  std::uint8_t code;
};
constexpr Known kKnown[] = {
    {Command::kSync, "Sync", 0},          {Command::kFolderSync, "FolderSync", 9},
    {Command::kPing, "Ping", 18},         {Command::kProvision, "Provision", 20},
    {Command::kSettings, "Settings", 17},
};

}  // namespace

Command CommandByName(std::string_view name) {
  for (const Known& known : kKnown) {
    if (EqualsIgnoreCase(known.name, name)) return known.command;
  }
  return Command::kOther;
}

Command CommandByCode(std::uint8_t code) {
  for (const Known& known : kKnown) {
    if (known.code == code) return known.command;
  }
  return Command::kOther;
}

}  // namespace mailwake::eas
