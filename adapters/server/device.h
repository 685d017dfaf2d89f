// SPDX-License-Identifier: Apache-2.0
//
// Device: one ActiveSync device as a client, for `mailwake ping`: Ping, and Sync as far as it acknowledges.
//
// Threads:    one at a time; calls block.

#ifndef MAILWAKE_SERVER_DEVICE_H_
#define MAILWAKE_SERVER_DEVICE_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "adapters/server/https_client.h"
#include "mailwake/types.h"

namespace mailwake::server {

struct DeviceFolder {
  std::string id;
  ItemClass item_class = ItemClass::kEmail;
};

// "ID" or "ID:CLASS". Errors: InvalidArgument.
absl::StatusOr<DeviceFolder> ParseDeviceFolder(const std::string& text);

struct PingAnswer {
  int status = 0;
  std::vector<std::string> folders = {};  // status 2
  std::string bound = {};                 // status 5: seconds; status 6: folders
};

class Device {
 public:
  Device(HttpsClient& client, std::string user, const std::string& password, std::string id);

  // Sends a Ping and waits for its end. What is left out is as in the device's last Ping. Errors: as HttpsClient; PermissionDenied (wrong
  // user or password), Unavailable (another HTTP status), DataLoss (not an answer to a Ping).
  absl::StatusOr<PingAnswer> Ping(const std::vector<DeviceFolder>& folders, std::optional<std::chrono::seconds> heartbeat);
  // Starts a folder over and syncs it whole, so that the device is behind in it no more.
  absl::Status Sync(const DeviceFolder& folder);

 private:
  absl::StatusOr<std::string> Post(const char* command, std::string body, std::chrono::seconds timeout);
  absl::StatusOr<std::string> SyncOnce(const DeviceFolder& folder, const std::string& key);

  HttpsClient& client_;
  const std::string user_;
  const std::string authorization_;
  const std::string id_;
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_DEVICE_H_
