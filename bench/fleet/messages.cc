// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/messages.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "mailwake/adapters/wbxml.h"

namespace mailwake::fleet {
namespace {

using wbxml::Document;
using wbxml::Element;
using wbxml::Tag;

int Number(Element element) {
  const std::string_view text = element.text();
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Copy(Element element) { return std::string(element.text()); }

absl::StatusOr<Document> Parse(std::string body, Tag root, const char* name) {
  absl::StatusOr<Document> document = Document::Parse(std::move(body));
  if (!document.ok()) return document.status();
  if (document->root().tag() != root) return absl::InvalidArgumentError(std::string("the answer is not a ") + name + " document");
  return document;
}

}  // namespace

const char* ClassOfType(int type) {
  switch (type) {
    case 2:   // inbox
    case 12:  // a mail folder of the user's
      return "Email";
    case 7:
    case 15:
      return "Tasks";
    case 8:
    case 13:
      return "Calendar";
    case 9:
    case 14:
      return "Contacts";
    case 10:
    case 17:
      return "Notes";
    default:  // drafts, deleted and sent items, outbox: phones do not watch them
      return nullptr;
  }
}

std::string FolderSyncRequest(const std::string& key) {
  wbxml::Writer out;
  out.Start(wbxml::folder_hierarchy::kFolderSync);
  out.Text(wbxml::folder_hierarchy::kSyncKey, key);
  out.End();
  return std::move(out).document();
}

std::string SyncRequest(std::span<const SyncCollection> collections) {
  namespace as = wbxml::airsync;
  wbxml::Writer out;
  out.Start(as::kSync);
  out.Start(as::kCollections);
  for (const SyncCollection& collection : collections) {
    out.Start(as::kCollection);
    out.Text(as::kSyncKey, collection.key);
    out.Text(as::kCollectionId, collection.id);
    if (collection.key != "0") out.Empty(as::kGetChanges);
    out.End();
  }
  out.End();
  out.End();
  return std::move(out).document();
}

std::string PingRequest(std::optional<std::chrono::seconds> heartbeat, std::span<const ListedFolder> folders) {
  if (!heartbeat && folders.empty()) return {};
  wbxml::Writer out;
  out.Start(wbxml::ping::kPing);
  if (heartbeat) out.Text(wbxml::ping::kHeartbeatInterval, heartbeat->count());
  if (!folders.empty()) {
    out.Start(wbxml::ping::kFolders);
    for (const ListedFolder& folder : folders) {
      out.Start(wbxml::ping::kFolder);
      out.Text(wbxml::ping::kId, folder.id);
      out.Text(wbxml::ping::kClass, ClassOfType(folder.type));
      out.End();
    }
    out.End();
  }
  out.End();
  return std::move(out).document();
}

std::string ProvisionRequest(const std::string& policy_key) {
  namespace pr = wbxml::provision;
  wbxml::Writer out;
  out.Start(pr::kProvision);
  out.Start(pr::kPolicies);
  out.Start(pr::kPolicy);
  out.Text(pr::kPolicyType, "MS-EAS-Provisioning-WBXML");
  if (!policy_key.empty()) {
    out.Text(pr::kPolicyKey, policy_key);
    out.Text(pr::kStatus, "1");
  }
  out.End();
  out.End();
  out.End();
  return std::move(out).document();
}

absl::StatusOr<FolderSyncReply> ReadFolderSync(std::string body) {
  namespace fh = wbxml::folder_hierarchy;
  absl::StatusOr<Document> document = Parse(std::move(body), fh::kFolderSync, "FolderSync");
  if (!document.ok()) return document.status();
  const Element root = document->root();
  FolderSyncReply reply{.status = Number(root.Child(fh::kStatus)), .key = Copy(root.Child(fh::kSyncKey))};
  for (Element change : root.Child(fh::kChanges)) {
    if (change.tag() == fh::kAdd || change.tag() == fh::kUpdate) {
      reply.added.push_back({.id = Copy(change.Child(fh::kServerId)), .type = Number(change.Child(fh::kType))});
    } else if (change.tag() == fh::kDelete) {
      reply.deleted.push_back(Copy(change.Child(fh::kServerId)));
    }
  }
  return reply;
}

absl::StatusOr<SyncReply> ReadSync(std::string body) {
  namespace as = wbxml::airsync;
  absl::StatusOr<Document> document = Parse(std::move(body), as::kSync, "Sync");
  if (!document.ok()) return document.status();
  const Element root = document->root();
  SyncReply reply;
  if (const Element status = root.Child(as::kStatus)) reply.status = Number(status);
  for (Element collection : root.Child(as::kCollections)) {
    if (collection.tag() != as::kCollection) continue;
    reply.collections.push_back({.status = Number(collection.Child(as::kStatus)),
                                 .id = Copy(collection.Child(as::kCollectionId)),
                                 .key = Copy(collection.Child(as::kSyncKey)),
                                 .more = collection.Has(as::kMoreAvailable)});
  }
  return reply;
}

absl::StatusOr<PingReply> ReadPing(std::string body) {
  absl::StatusOr<Document> document = Parse(std::move(body), wbxml::ping::kPing, "Ping");
  if (!document.ok()) return document.status();
  const Element root = document->root();
  PingReply reply{.status = Number(root.Child(wbxml::ping::kStatus)),
                  .heartbeat = std::chrono::seconds(Number(root.Child(wbxml::ping::kHeartbeatInterval))),
                  .max_folders = Number(root.Child(wbxml::ping::kMaxFolders))};
  for (Element folder : root.Child(wbxml::ping::kFolders)) {
    if (folder.tag() == wbxml::ping::kFolder) reply.folders.push_back(Copy(folder));
  }
  return reply;
}

absl::StatusOr<ProvisionReply> ReadProvision(std::string body) {
  namespace pr = wbxml::provision;
  absl::StatusOr<Document> document = Parse(std::move(body), pr::kProvision, "Provision");
  if (!document.ok()) return document.status();
  const Element root = document->root();
  const Element policy = root.Child(pr::kPolicies).Child(pr::kPolicy);
  return ProvisionReply{.status = Number(root.Child(pr::kStatus)), .policy_key = Copy(policy.Child(pr::kPolicyKey))};
}

}  // namespace mailwake::fleet
