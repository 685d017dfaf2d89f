// SPDX-License-Identifier: Apache-2.0
//
// The Sync element, as a request and as an answer (MS-ASCMD 2.2.1.21).

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_SYNC_DOCUMENT_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_SYNC_DOCUMENT_H_

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/fronts/activesync/device_state.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::eas {

enum class SyncStatus : int {
  kOk = 1,
  kBadSyncKey = 3,
  kProtocol = 4,
  kServerError = 5,
  kNotFound = 8,
  kHierarchy = 12,
  kResendWhole = 13,
  kWaitRange = 14,
  kTooManyCollections = 15,
  kRetry = 16,
};

struct SyncCollection {
  RememberedCollection what;
  std::string commands;          // <Commands> as it came
  std::string refused_commands;  // <Responses> that turns each of them down
  std::string options;           // <Options> as they came
};

struct SyncRequest {
  std::vector<SyncCollection> collections;
  std::optional<SyncWait> wait;
  bool partial = false;
};

// Errors: InvalidArgument (status 4): not a Sync, a collection without SyncKey or CollectionId, no number, both ways to wait.
absl::StatusOr<SyncRequest> ReadSync(const wbxml::Document& document);

struct AnsweredCollection {
  std::string id;
  std::string key;
  SyncStatus status = SyncStatus::kOk;
  std::optional<ItemClass> item_class;  // 2.5 and 12.0 name it
  bool more_available = false;
  std::string commands;  // <Commands> and <Responses>
};

std::string SyncAnswer(const std::vector<AnsweredCollection>& collections);
std::string SyncAnswer(SyncStatus status, std::optional<std::int64_t> limit = std::nullopt);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_SYNC_DOCUMENT_H_
