// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/device.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <array>
#include <utility>

#include "mailwake/adapters/http_text.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::server {
namespace {

using std::chrono::seconds;

constexpr seconds kTimeout{60};
constexpr seconds kLongestHeartbeat{86'400};
constexpr std::array<const char*, kItemClasses> kClasses = {"Email", "Calendar", "Contacts", "Tasks", "Notes"};

std::string PingRequest(const std::vector<DeviceFolder>& folders, std::optional<seconds> heartbeat) {
  if (folders.empty() && !heartbeat) return {};
  wbxml::Writer out;
  out.Start(wbxml::ping::kPing);
  if (heartbeat) out.Text(wbxml::ping::kHeartbeatInterval, heartbeat->count());
  if (!folders.empty()) {
    out.Start(wbxml::ping::kFolders);
    for (const DeviceFolder& folder : folders) {
      out.Start(wbxml::ping::kFolder);
      out.Text(wbxml::ping::kId, folder.id);
      out.Text(wbxml::ping::kClass, kClasses.at(static_cast<std::size_t>(folder.item_class)));
      out.End();
    }
    out.End();
  }
  out.End();
  return std::move(out).document();
}

int Number(std::string_view text) {
  int number = 0;
  return absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number) ? number : 0;
}

}  // namespace

absl::StatusOr<DeviceFolder> ParseDeviceFolder(const std::string& text) {
  // An id may hold colons itself: only a last part that is a class counts as one.
  const std::size_t colon = text.rfind(':');
  DeviceFolder folder{.id = text};
  if (colon != std::string::npos) {
    const std::optional<ItemClass> item_class = ParseItemClass(text.substr(colon + 1));
    if (!item_class) {
      return absl::InvalidArgumentError(absl::StrCat("--folder ", text, ": \"", text.substr(colon + 1),
                                                     "\" is not a class: allowed are email, calendar, contacts, tasks, notes"));
    }
    folder = {.id = text.substr(0, colon), .item_class = *item_class};
  }
  if (folder.id.empty() || folder.id.size() > kMaxIdBytes) {
    return absl::InvalidArgumentError(absl::StrCat("--folder ", text, ": an id has 1 to ", kMaxIdBytes, " bytes"));
  }
  return folder;
}

Device::Device(HttpsClient& client, std::string user, const std::string& password, std::string id)
    : client_(client), user_(std::move(user)), authorization_(BasicAuthorization(user_, password)), id_(std::move(id)) {}

absl::StatusOr<std::string> Device::Post(const char* command, std::string body, seconds timeout) {
  HttpsMessage message{.method = "POST",
                       .target = absl::StrCat("/Microsoft-Server-ActiveSync?Cmd=", command, "&User=", PercentEncode(user_),
                                              "&DeviceId=", PercentEncode(id_), "&DeviceType=mailwake"),
                       .headers = {{"Authorization", authorization_}, {"MS-ASProtocolVersion", "14.1"}},
                       .body = std::move(body),
                       .timeout = timeout};
  if (!message.body.empty()) message.headers.emplace_back("Content-Type", "application/vnd.ms-sync.wbxml");
  absl::StatusOr<HttpsReply> reply = client_.Send(message);
  if (!reply.ok()) return reply.status();
  if (reply->status == 401) return absl::PermissionDeniedError(absl::StrCat("the server refuses ", user_, ": wrong user or password"));
  if (reply->status != 200) {
    return absl::UnavailableError(
        absl::StrCat(command, " was answered with HTTP ", reply->status, reply->body.empty() ? "" : ": ", reply->body));
  }
  return std::move(reply->body);
}

absl::StatusOr<PingAnswer> Device::Ping(const std::vector<DeviceFolder>& folders, std::optional<seconds> heartbeat) {
  absl::StatusOr<std::string> body = Post("Ping", PingRequest(folders, heartbeat), heartbeat.value_or(kLongestHeartbeat) + kTimeout);
  if (!body.ok()) return body.status();
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(*std::move(body));
  if (!document.ok()) return absl::DataLossError(absl::StrCat("the answer to Ping: ", document.status().message()));
  const wbxml::Element root = document->root();
  PingAnswer answer{.status = Number(root.Child(wbxml::ping::kStatus).text())};
  if (root.tag() != wbxml::ping::kPing || answer.status == 0) return absl::DataLossError("the answer to Ping has no Status");
  for (const wbxml::Element folder : root.Child(wbxml::ping::kFolders)) answer.folders.emplace_back(folder.text());
  answer.bound = root.Child(answer.status == 6 ? wbxml::ping::kMaxFolders : wbxml::ping::kHeartbeatInterval).text();
  return answer;
}

absl::StatusOr<std::string> Device::SyncOnce(const DeviceFolder& folder, const std::string& key) {
  namespace airsync = wbxml::airsync;
  wbxml::Writer out;
  out.Start(airsync::kSync);
  out.Start(airsync::kCollections);
  out.Start(airsync::kCollection);
  out.Text(airsync::kSyncKey, key);
  out.Text(airsync::kCollectionId, folder.id);
  out.End();
  out.End();
  out.End();
  absl::StatusOr<std::string> body = Post("Sync", std::move(out).document(), kTimeout);
  if (!body.ok()) return body.status();
  if (body->empty()) return key;  // nothing new
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(*std::move(body));
  if (!document.ok()) return absl::DataLossError(absl::StrCat("the answer to Sync: ", document.status().message()));
  const wbxml::Element collection = document->root().Child(airsync::kCollections).Child(airsync::kCollection);
  const std::string_view status = collection ? collection.Child(airsync::kStatus).text() : document->root().Child(airsync::kStatus).text();
  const std::string_view next = collection.Child(airsync::kSyncKey).text();
  if (status != "1" || next.empty()) {
    return absl::UnavailableError(
        absl::StrCat("Sync of folder ", folder.id, " was answered with status ", absl::string_view(status.data(), status.size())));
  }
  return std::string(next);
}

absl::Status Device::Sync(const DeviceFolder& folder) {
  const absl::StatusOr<std::string> key = SyncOnce(folder, "0");
  if (!key.ok()) return key.status();
  return SyncOnce(folder, *key).status();
}

}  // namespace mailwake::server
