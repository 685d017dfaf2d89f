// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/messages.h"

#include <absl/strings/numbers.h>

#include <utility>

#include "mailwake/adapters/http_text.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::sim {
namespace {

namespace air = wbxml::airsync;
namespace list = wbxml::folder_hierarchy;
namespace ping = wbxml::ping;

constexpr std::string_view kClasses[] = {"Email", "Calendar", "Contacts", "Tasks", "Notes"};

std::uint64_t Number(std::string_view text) {
  std::uint64_t number = 0;
  (void)absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number);
  return number;
}

std::string PingBody(const Request& request) {
  if (!request.heartbeat_s && !request.folders) return {};
  wbxml::Writer out;
  out.Start(ping::kPing);
  if (request.heartbeat_s) out.Text(ping::kHeartbeatInterval, *request.heartbeat_s);
  if (request.folders) {
    out.Start(ping::kFolders);
    for (const FolderRef& ref : *request.folders) {
      out.Start(ping::kFolder);
      out.Text(ping::kId, FolderName(ref.folder));
      out.Text(ping::kClass, kClasses[static_cast<std::size_t>(ref.item_class)]);
      out.End();
    }
    out.End();
  }
  out.End();
  return std::move(out).document();
}

std::string SyncBody(const Request& request) {
  wbxml::Writer out;
  out.Start(air::kSync);
  out.Start(air::kCollections);
  for (const SyncItem& item : request.items) {
    out.Start(air::kCollection);
    out.Text(air::kClass, kClasses[static_cast<std::size_t>(item.item_class)]);
    out.Text(air::kSyncKey, static_cast<std::int64_t>(item.key));
    out.Text(air::kCollectionId, FolderName(item.folder));
    if (item.key != 0) {
      out.Empty(air::kGetChanges);
      out.Text(air::kWindowSize, request.window);
      if (item.own_change) {
        out.Start(air::kCommands);
        out.Start(air::kAdd);
        out.Text(air::kClientId, "1");
        out.End();
        out.End();
      }
    }
    out.End();
  }
  out.End();
  if (request.hangs) out.Text(air::kHeartbeatInterval, request.heartbeat_s.value_or(0));
  out.End();
  return std::move(out).document();
}

std::string FolderSyncBody(const Request& request) {
  wbxml::Writer out;
  out.Start(list::kFolderSync);
  out.Text(list::kSyncKey, static_cast<std::int64_t>(request.list_key));
  out.End();
  return std::move(out).document();
}

// MS-ASCMD 2.2.3.186.3.
ItemClass ClassOfType(std::uint64_t type) {
  switch (type) {
    case 8:
    case 13:
      return ItemClass::kCalendar;
    case 9:
    case 14:
      return ItemClass::kContacts;
    case 7:
    case 15:
      return ItemClass::kTasks;
    case 10:
    case 17:
      return ItemClass::kNotes;
    default:
      return ItemClass::kEmail;
  }
}

void ReadPing(wbxml::Element root, Answer& out) {
  out.status = static_cast<int>(Number(root.Child(ping::kStatus).text()));
  for (const wbxml::Element folder : root.Child(ping::kFolders)) out.folders.push_back(NumberOf(folder.text()));
  if (root.Has(ping::kHeartbeatInterval)) out.bound = static_cast<std::int64_t>(Number(root.Child(ping::kHeartbeatInterval).text()));
  if (root.Has(ping::kMaxFolders)) out.bound = static_cast<std::int64_t>(Number(root.Child(ping::kMaxFolders).text()));
}

void ReadSync(wbxml::Element root, Answer& out) {
  out.status = root.Has(air::kStatus) ? static_cast<int>(Number(root.Child(air::kStatus).text())) : 1;
  if (root.Has(air::kLimit)) out.bound = static_cast<std::int64_t>(Number(root.Child(air::kLimit).text()));
  for (const wbxml::Element collection : root.Child(air::kCollections)) {
    Answer::Collection& to = out.collections.emplace_back();
    to.folder = NumberOf(collection.Child(air::kCollectionId).text());
    to.key = Number(collection.Child(air::kSyncKey).text());
    to.status = static_cast<int>(Number(collection.Child(air::kStatus).text()));
    to.more = collection.Has(air::kMoreAvailable);
    to.content = Number(collection.Child(air::kCommands).Child(air::kAdd).Child(air::kServerId).text());
  }
}

void ReadFolderSync(wbxml::Element root, Answer& out) {
  out.status = static_cast<int>(Number(root.Child(list::kStatus).text()));
  out.list_key = Number(root.Child(list::kSyncKey).text());
  for (const wbxml::Element change : root.Child(list::kChanges)) {
    if (change.tag() == list::kCount) continue;
    const int folder = NumberOf(change.Child(list::kServerId).text());
    if (folder < 0) continue;
    if (change.tag() == list::kDelete) {
      out.unlisted.push_back(folder);
    } else {
      out.listed.push_back({folder, ClassOfType(Number(change.Child(list::kType).text()))});
    }
  }
}

}  // namespace

HttpRequest WriteRequest(const Request& request, int mailbox, int device) {
  static constexpr std::string_view kCommands[] = {"Ping", "Sync", "FolderSync"};
  const std::string user = MailboxName(mailbox);
  HttpRequest http{.method = "POST", .target = "/Microsoft-Server-ActiveSync?Cmd=", .peer = "192.0.2.7"};
  http.target.append(kCommands[request.kind]).append("&User=").append(user).append("&DeviceId=").append(DeviceName(device));
  http.target.append("&DeviceType=sim");
  http.headers = {{"Authorization", BasicAuthorization(user, "p")}, {"MS-ASProtocolVersion", "14.1"}};
  http.body = request.kind == Request::kPing   ? PingBody(request)
              : request.kind == Request::kSync ? SyncBody(request)
                                               : FolderSyncBody(request);
  return http;
}

Answer ReadAnswer(const Request& request, const HttpResponse& response) {
  Answer out{.http = response.status, .close = response.close, .empty = response.body.empty()};
  for (const auto& [name, value] : response.headers) {
    if (name == "Retry-After") out.retry_after_s = static_cast<std::int64_t>(Number(value));
  }
  if (response.body.empty()) return out;
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(response.body);
  if (!document.ok()) {
    out.http = -1;
    return out;
  }
  switch (request.kind) {
    case Request::kPing:
      ReadPing(document->root(), out);
      break;
    case Request::kSync:
      ReadSync(document->root(), out);
      break;
    case Request::kFolderSync:
      ReadFolderSync(document->root(), out);
      break;
  }
  return out;
}

std::string WriteContent(std::uint64_t content) {
  wbxml::Writer out(wbxml::Writer::Form::kTokens);
  out.Start(air::kCommands);
  out.Start(air::kAdd);
  out.Text(air::kServerId, static_cast<std::int64_t>(content));
  out.End();
  out.End();
  return std::move(out).document();
}

}  // namespace mailwake::sim
