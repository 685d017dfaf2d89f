// SPDX-License-Identifier: Apache-2.0
//
// The commands of ActiveSync, by their names (plain query) and codes (base64 query; MS-ASHTTP 2.2.1.1.1.1.1).

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_COMMAND_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_COMMAND_H_

#include <cstdint>
#include <string_view>

namespace mailwake::eas {

enum class Command : std::uint8_t {
  kSync,
  kFolderSync,
  kPing,
  kProvision,
  kSettings,
  kOther,  // one that this front end does not answer
};

// What OPTIONS says: only what is really answered.
inline constexpr std::string_view kAnsweredCommands = "Sync,FolderSync,Ping,Provision,Settings";

Command CommandByName(std::string_view name);
Command CommandByCode(std::uint8_t code);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_COMMAND_H_
