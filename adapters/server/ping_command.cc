// SPDX-License-Identifier: Apache-2.0
//
// `mailwake ping`: one device on the command line.

#include <absl/strings/str_cat.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <vector>

#include "adapters/server/commands.h"
#include "adapters/server/device.h"
#include "adapters/server/https_client.h"
#include "adapters/server/log.h"
#include "adapters/server/secret_file.h"

namespace mailwake::server {
namespace {

const char* Meaning(int status) {
  switch (status) {
    case 1:
      return "the heartbeat ended, nothing changed";
    case 2:
      return "changes in the folders below";
    case 3:
      return "the first Ping of a device must name --heartbeat and --folder";
    case 4:
      return "the server did not understand the request";
    case 5:
      return "the heartbeat is out of range, the bound is below";
    case 6:
      return "too many folders, the most are below";
    case 7:
      return "the folder list has changed: a folder named here is not in it, or a folder sync is due";
    case 8:
      return "the server is in trouble: try again later";
    default:
      return "unknown";
  }
}

}  // namespace

int Run(const PingArguments& arguments) {
  std::vector<DeviceFolder> folders;
  for (const std::string& text : arguments.folders) {
    absl::StatusOr<DeviceFolder> folder = ParseDeviceFolder(text);
    if (!folder.ok()) return Fail(folder.status());
    folders.push_back(*std::move(folder));
  }
  const absl::StatusOr<std::unique_ptr<HttpsClient>> client = HttpsClient::Create(arguments.server);
  if (!client.ok()) return Fail(client.status());
  const absl::StatusOr<std::string> password = ReadPassword(absl::StrCat("Password of ", arguments.user, ": "), arguments.password_file);
  if (!password.ok()) return Fail(password.status());

  Device device(**client, arguments.user, *password, arguments.device);
  if (arguments.sync) {
    for (const DeviceFolder& folder : folders) {
      if (const absl::Status synced = device.Sync(folder); !synced.ok()) return Fail(synced);
    }
  }
  std::optional<std::chrono::seconds> heartbeat;
  if (arguments.heartbeat_s) heartbeat = std::chrono::seconds(*arguments.heartbeat_s);
  const absl::StatusOr<PingAnswer> answer = device.Ping(folders, heartbeat);
  if (!answer.ok()) return Fail(answer.status());
  std::cout << "status " << answer->status << ": " << Meaning(answer->status) << '\n';
  for (const std::string& folder : answer->folders) std::cout << "folder " << OneLine(folder) << '\n';
  if (!answer->bound.empty()) std::cout << "bound " << OneLine(answer->bound) << '\n';
  std::cout << std::flush;
  return answer->status == 1 || answer->status == 2 ? 0 : kExitFailure;
}

}  // namespace mailwake::server
