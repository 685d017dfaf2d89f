// SPDX-License-Identifier: Apache-2.0
//
// What a device says and hears, as WBXML: Provision, FolderSync, Sync, Ping.
//
// Threads:    pure functions.
// Errors:     InvalidArgument: not WBXML, or another document than asked for.

#ifndef MAILWAKE_BENCH_FLEET_MESSAGES_H_
#define MAILWAKE_BENCH_FLEET_MESSAGES_H_

#include <absl/status/statusor.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mailwake::fleet {

struct ListedFolder {
  std::string id;
  int type = 0;  // MS-ASCMD 2.2.3.186.3: 2 inbox, 8 calendar, ...
};

// "Email", "Calendar", ...; null for a type that no device watches.
const char* ClassOfType(int type);

struct SyncCollection {
  std::string id;
  std::string key;
};

std::string FolderSyncRequest(const std::string& key);
std::string SyncRequest(std::span<const SyncCollection> collections);
// What is left out stays as the server remembers it; both left out: the empty request.
std::string PingRequest(std::optional<std::chrono::seconds> heartbeat, std::span<const ListedFolder> folders);
// An empty key asks for the policy, another one acknowledges it.
std::string ProvisionRequest(const std::string& policy_key);

struct FolderSyncReply {
  int status = 0;
  std::string key;
  std::vector<ListedFolder> added;
  std::vector<std::string> deleted;
};

struct SyncReply {
  struct Collection {
    int status = 0;
    std::string id;
    std::string key;
    bool more = false;
  };
  int status = 1;  // of the whole
  std::vector<Collection> collections;
};

struct PingReply {
  int status = 0;
  std::vector<std::string> folders;
  std::chrono::seconds heartbeat{0};
  int max_folders = 0;
};

struct ProvisionReply {
  int status = 0;
  std::string policy_key;
};

absl::StatusOr<FolderSyncReply> ReadFolderSync(std::string body);
absl::StatusOr<SyncReply> ReadSync(std::string body);
absl::StatusOr<PingReply> ReadPing(std::string body);
absl::StatusOr<ProvisionReply> ReadProvision(std::string body);

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_MESSAGES_H_
