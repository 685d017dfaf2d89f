// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/ping_document.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <utility>

#include "adapters/fronts/activesync/item_class.h"
#include "adapters/fronts/activesync/number.h"

namespace mailwake::eas {
namespace {

namespace tag = wbxml::ping;

absl::Status Bad(const char* what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<WatchedFolder> ReadFolder(const wbxml::Element& element) {
  WatchedFolder folder;
  folder.id = element.Child(tag::kId).text();
  if (folder.id.empty()) return Bad("a folder without Id");
  const std::optional<ItemClass> item_class = ClassByName(element.Child(tag::kClass).text());
  if (!item_class) return Bad("a folder without a class that exists");
  folder.item_class = *item_class;
  return folder;
}

// Leaves the first of each. With another class it is not the same again: a folder has one, so the engine will find one of the two to be
// outdated.
void DropRepetitions(std::vector<WatchedFolder>& folders) {
  constexpr std::size_t kFew = 16;  // then looking beats hashing
  if (folders.size() <= kFew) {
    auto end = folders.begin();
    for (WatchedFolder& folder : folders) {
      const auto same = [&folder](const WatchedFolder& other) { return other.id == folder.id && other.item_class == folder.item_class; };
      if (std::none_of(folders.begin(), end, same)) *end++ = folder;
    }
    folders.erase(end, folders.end());
    return;
  }
  absl::flat_hash_set<std::pair<std::string_view, ItemClass>> seen;
  std::erase_if(folders, [&](const WatchedFolder& folder) { return !seen.emplace(folder.id, folder.item_class).second; });
}

absl::StatusOr<std::vector<WatchedFolder>> ReadFolders(const wbxml::Element& element) {
  std::vector<WatchedFolder> folders;
  folders.reserve(8);
  for (const wbxml::Element child : element) {
    if (child.tag() != tag::kFolder) continue;
    absl::StatusOr<WatchedFolder> folder = ReadFolder(child);
    if (!folder.ok()) return folder.status();
    folders.push_back(*folder);
  }
  DropRepetitions(folders);
  if (folders.empty()) return Bad("Folders without a Folder");
  return folders;
}

// Starts a Ping with its status; the caller ends it.
wbxml::Writer Begin(PingStatus status) {
  wbxml::Writer out;
  out.Start(tag::kPing);
  out.Text(tag::kStatus, static_cast<std::int64_t>(status));
  return out;
}

}  // namespace

absl::StatusOr<PingParameters> ReadPing(const wbxml::Document& document) {
  const wbxml::Element root = document.root();
  if (root.tag() != tag::kPing) return Bad("not a Ping");
  PingParameters out;
  if (!root.HasChildren() && !root.text().empty()) return Bad("text in place of elements");
  if (const std::string_view text = root.Child(tag::kHeartbeatInterval).text(); !text.empty()) {
    const std::optional<std::int64_t> seconds = Number(text);
    if (!seconds) return Bad("HeartbeatInterval is no number");
    out.heartbeat = std::chrono::seconds(*seconds);
  }
  if (const wbxml::Element element = root.Child(tag::kFolders)) {
    absl::StatusOr<std::vector<WatchedFolder>> folders = ReadFolders(element);
    if (!folders.ok()) return folders.status();
    out.folders = *std::move(folders);
  }
  return out;
}

std::string PingAnswer(PingStatus status) {
  wbxml::Writer out = Begin(status);
  out.End();
  return std::move(out).document();
}

std::string PingAnswer(std::span<const std::string_view> changed) {
  wbxml::Writer out = Begin(PingStatus::kChanged);
  out.Start(tag::kFolders);
  for (const std::string_view folder : changed) out.Text(tag::kFolder, folder);
  out.End();
  out.End();
  return std::move(out).document();
}

std::string PingAnswer(PingStatus status, std::int64_t bound) {
  wbxml::Writer out = Begin(status);
  out.Text(status == PingStatus::kHeartbeatRange ? tag::kHeartbeatInterval : tag::kMaxFolders, bound);
  out.End();
  return std::move(out).document();
}

}  // namespace mailwake::eas
