// SPDX-License-Identifier: Apache-2.0
#include "tests/adapters/activesync/bodies.h"

#include <map>

namespace mailwake::test {
namespace {

namespace air = wbxml::airsync;

const std::map<wbxml::Tag, std::string>& Names() {
  static const std::map<wbxml::Tag, std::string> names = {
      {wbxml::ping::kPing, "Ping"},
      {wbxml::ping::kStatus, "Status"},
      {wbxml::ping::kFolders, "Folders"},
      {wbxml::ping::kFolder, "Folder"},
      {wbxml::ping::kHeartbeatInterval, "HeartbeatInterval"},
      {wbxml::ping::kMaxFolders, "MaxFolders"},
      {air::kSync, "Sync"},
      {air::kStatus, "Status"},
      {air::kCollections, "Collections"},
      {air::kCollection, "Collection"},
      {air::kCollectionId, "Id"},
      {air::kSyncKey, "Key"},
      {air::kClass, "Class"},
      {air::kLimit, "Limit"},
      {air::kMoreAvailable, "MoreAvailable"},
      {air::kCommands, "Commands"},
      {air::kResponses, "Responses"},
      {air::kAdd, "Add"},
      {air::kChange, "Change"},
      {air::kDelete, "Delete"},
      {air::kFetch, "Fetch"},
      {air::kServerId, "ServerId"},
      {air::kClientId, "ClientId"},
      {wbxml::folder_hierarchy::kFolderSync, "FolderSync"},
      {wbxml::folder_hierarchy::kStatus, "Status"},
      {wbxml::folder_hierarchy::kSyncKey, "Key"},
      {wbxml::folder_hierarchy::kChanges, "Changes"},
      {wbxml::folder_hierarchy::kCount, "Count"},
      {wbxml::folder_hierarchy::kAdd, "Add"},
      {wbxml::folder_hierarchy::kUpdate, "Update"},
      {wbxml::folder_hierarchy::kDelete, "Delete"},
      {wbxml::folder_hierarchy::kServerId, "ServerId"},
      {wbxml::folder_hierarchy::kParentId, "ParentId"},
      {wbxml::folder_hierarchy::kDisplayName, "Name"},
      {wbxml::folder_hierarchy::kType, "Type"},
      {wbxml::provision::kProvision, "Provision"},
      {wbxml::provision::kStatus, "Status"},
      {wbxml::provision::kPolicies, "Policies"},
      {wbxml::provision::kPolicy, "Policy"},
      {wbxml::provision::kPolicyType, "PolicyType"},
      {wbxml::provision::kPolicyKey, "PolicyKey"},
      {wbxml::provision::kData, "Data"},
      {wbxml::provision::kEasProvisionDoc, "EASProvisionDoc"},
      {wbxml::provision::kDevicePasswordEnabled, "DevicePasswordEnabled"},
      {wbxml::settings::kSettings, "Settings"},
      {wbxml::settings::kStatus, "Status"},
      {wbxml::settings::kDeviceInformation, "DeviceInformation"},
      {wbxml::settings::kUserInformation, "UserInformation"},
      {wbxml::settings::kGet, "Get"},
      {wbxml::settings::kOof, "Oof"},
      {wbxml::settings::kOofState, "OofState"},
      {wbxml::settings::kEmailAddresses, "EmailAddresses"},
      {wbxml::settings::kSmtpAddress, "SmtpAddress"},
      {wbxml::settings::kPrimarySmtpAddress, "PrimarySmtpAddress"},
      {wbxml::settings::kAccounts, "Accounts"},
      {wbxml::settings::kAccount, "Account"},
      {wbxml::settings::kDevicePassword, "DevicePassword"},
      {wbxml::settings::kRightsManagementInformation, "RightsManagement"},
  };
  return names;
}

void Print(const wbxml::Element& element, std::string& out) {
  const auto name = Names().find(element.tag());
  out += name == Names().end() ? "?" : name->second;
  if (!element.text().empty()) out += "=" + std::string(element.text());
  if (!element.HasChildren()) return;
  out += "(";
  bool first = true;
  for (const wbxml::Element child : element) {
    if (!first) out += " ";
    first = false;
    Print(child, out);
  }
  out += ")";
}

}  // namespace

std::string PingBody(const std::string& heartbeat, const PingFolders& folders) {
  wbxml::Writer out;
  out.Start(wbxml::ping::kPing);
  if (!heartbeat.empty()) out.Text(wbxml::ping::kHeartbeatInterval, heartbeat);
  if (!folders.empty()) {
    out.Start(wbxml::ping::kFolders);
    for (const auto& [id, item_class] : folders) {
      out.Start(wbxml::ping::kFolder);
      out.Text(wbxml::ping::kId, id);
      out.Text(wbxml::ping::kClass, item_class);
      out.End();
    }
    out.End();
  }
  out.End();
  return std::move(out).document();
}

std::string FolderSyncBody(const std::string& key) {
  wbxml::Writer out;
  out.Start(wbxml::folder_hierarchy::kFolderSync);
  out.Text(wbxml::folder_hierarchy::kSyncKey, key);
  out.End();
  return std::move(out).document();
}

std::string SyncBody(const std::vector<Collection>& collections, const SyncBodyOptions& options) {
  wbxml::Writer out;
  out.Start(air::kSync);
  if (!collections.empty()) out.Start(air::kCollections);
  for (const Collection& collection : collections) {
    out.Start(air::kCollection);
    if (!collection.item_class.empty()) out.Text(air::kClass, collection.item_class);
    out.Text(air::kSyncKey, collection.key);
    out.Text(air::kCollectionId, collection.id);
    if (!collection.get_changes.empty()) out.Text(air::kGetChanges, collection.get_changes == "empty" ? "" : collection.get_changes);
    if (!collection.window.empty()) out.Text(air::kWindowSize, collection.window);
    out.Raw(collection.options);
    out.Raw(collection.commands);
    out.End();
  }
  if (!collections.empty()) out.End();
  if (!options.wait.empty()) out.Text(air::kWait, options.wait);
  if (!options.heartbeat.empty()) out.Text(air::kHeartbeatInterval, options.heartbeat);
  if (options.partial) out.Empty(air::kPartial);
  out.End();
  return std::move(out).document();
}

std::string Tokens(const std::function<void(wbxml::Writer&)>& write) {
  wbxml::Writer out(wbxml::Writer::Form::kTokens);
  write(out);
  return std::move(out).document();
}

std::string Tree(const std::string& document) {
  if (document.empty()) return "";
  const absl::StatusOr<wbxml::Document> parsed = wbxml::Document::Parse(document);
  if (!parsed.ok()) return std::string(parsed.status().message());
  std::string out;
  Print(parsed->root(), out);
  return out;
}

std::string Tree(const ExchangePtr& exchange) {
  if (!exchange->answered()) return "nothing";
  if (exchange->status() != 200) return "HTTP " + std::to_string(exchange->status());
  EXPECT_EQ(exchange->header("Content-Type"), "application/vnd.ms-sync.wbxml");
  return Tree(exchange->response().body);
}

std::string KeyOf(const ExchangePtr& exchange, const std::string& id) {
  const absl::StatusOr<wbxml::Document> parsed = wbxml::Document::Parse(exchange->response().body);
  if (!parsed.ok()) return "none";
  for (const wbxml::Element collection : parsed->root().Child(air::kCollections)) {
    if (collection.Child(air::kCollectionId).text() == id) return std::string(collection.Child(air::kSyncKey).text());
  }
  return "none";
}

std::string Prime(FrontWorld& world, const std::string& id, const std::string& item_class) {
  const std::string first = KeyOf(world.Post("Sync", SyncBody({{.id = id, .key = "0", .item_class = item_class}})), id);
  return KeyOf(world.Post("Sync", SyncBody({{.id = id, .key = first, .item_class = item_class}})), id);
}

}  // namespace mailwake::test
