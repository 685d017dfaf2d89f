// SPDX-License-Identifier: Apache-2.0
//
// The Ping element, as a request and as an answer (MS-ASCMD 2.2.1.13).

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_PING_DOCUMENT_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_PING_DOCUMENT_H_

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/adapters/wbxml.h"
#include "mailwake/types.h"

namespace mailwake::eas {

// The names point into the document.
struct PingParameters {
  std::optional<std::chrono::seconds> heartbeat;
  std::optional<std::vector<WatchedFolder>> folders;
};

// Errors: InvalidArgument (status 4): not a Ping, no number, a folder without Id or Class, a class that does not exist.
absl::StatusOr<PingParameters> ReadPing(const wbxml::Document& document);

enum class PingStatus : int {
  kExpired = 1,
  kChanged = 2,
  kMissingParameters = 3,
  kSyntax = 4,
  kHeartbeatRange = 5,  // with HeartbeatInterval: clients fail without
  kTooManyFolders = 6,  // with MaxFolders: clients fail without
  kHierarchy = 7,
  kServerError = 8,
};

std::string PingAnswer(PingStatus status);
std::string PingAnswer(std::span<const std::string_view> changed);
std::string PingAnswer(PingStatus status, std::int64_t bound);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_PING_DOCUMENT_H_
