// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/sync_document.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <utility>

#include "adapters/fronts/activesync/item_class.h"
#include "adapters/fronts/activesync/number.h"

namespace mailwake::eas {
namespace {

namespace tag = wbxml::airsync;

constexpr int kWindowDefault = 100, kWindowMost = 512;  // MS-ASCMD 2.2.3.199
constexpr std::size_t kMaxOptions = 4 * 1024;

// Item statuses that end a client's attempts: for an item that it adds, "stop sending it"; for one that it changes, "there is no such
// item".
constexpr int kStopSending = 6, kNoSuchItem = 8;

absl::Status Bad(const char* what) { return absl::InvalidArgumentError(what); }

// An element left out or empty is nothing; any other must be a number.
absl::StatusOr<std::optional<std::int64_t>> ReadNumber(const wbxml::Element& element) {
  if (element.text().empty()) return std::optional<std::int64_t>();
  const std::optional<std::int64_t> number = Number(element.text());
  if (!number) return Bad("no number");
  return number;
}

std::string RefuseCommands(const wbxml::Element& commands) {
  if (!commands.HasChildren()) return {};
  wbxml::Writer out(wbxml::Writer::Form::kTokens);
  out.Start(tag::kResponses);
  for (const wbxml::Element command : commands) {
    const bool add = command.tag() == tag::kAdd;
    if (!add && command.tag() != tag::kChange && command.tag() != tag::kDelete && command.tag() != tag::kFetch) continue;
    const wbxml::Tag name = add ? tag::kClientId : tag::kServerId;
    out.Start(command.tag());
    out.Text(name, command.Child(name).text());
    out.Text(tag::kStatus, add ? kStopSending : kNoSuchItem);
    out.End();
  }
  out.End();
  return std::move(out).document();
}

absl::StatusOr<SyncCollection> ReadCollection(const wbxml::Element& element, int window_default) {
  SyncCollection out;
  out.what.id = element.Child(tag::kCollectionId).text();
  out.what.key = element.Child(tag::kSyncKey).text();
  if (out.what.id.empty()) return Bad("a collection without CollectionId");
  if (!element.Has(tag::kSyncKey)) return Bad("a collection without SyncKey");
  if (out.what.id.size() > kMaxIdBytes || out.what.key.size() > kMaxIdBytes) return Bad("an id or key longer than 64 characters");
  const absl::StatusOr<std::optional<std::int64_t>> window = ReadNumber(element.Child(tag::kWindowSize));
  if (!window.ok()) return window.status();
  const std::int64_t size = window->value_or(window_default);
  out.what.window_size = static_cast<int>(size <= 0 ? kWindowMost : std::min<std::int64_t>(size, kWindowMost));
  out.what.get_changes = element.Child(tag::kGetChanges).text() != "0";
  out.what.item_class = ClassByName(element.Child(tag::kClass).text());
  for (const wbxml::Element child : element) {
    if (child.tag() != tag::kOptions) continue;
    if (!out.what.item_class) out.what.item_class = ClassByName(child.Child(tag::kClass).text());
    if (out.options.size() + child.bytes().size() <= kMaxOptions) out.options += child.bytes();
  }
  if (const wbxml::Element commands = element.Child(tag::kCommands); commands.HasChildren()) {
    out.commands = commands.bytes();
    out.refused_commands = RefuseCommands(commands);
  }
  return out;
}

absl::StatusOr<std::optional<SyncWait>> ReadWait(const wbxml::Element& root) {
  const absl::StatusOr<std::optional<std::int64_t>> minutes = ReadNumber(root.Child(tag::kWait));
  const absl::StatusOr<std::optional<std::int64_t>> seconds = ReadNumber(root.Child(tag::kHeartbeatInterval));
  if (!minutes.ok()) return minutes.status();
  if (!seconds.ok()) return seconds.status();
  if (*minutes && *seconds) return Bad("Wait and HeartbeatInterval");
  if (*minutes) return SyncWait{.value = **minutes, .minutes = true};
  if (*seconds) return SyncWait{.value = **seconds, .minutes = false};
  return std::optional<SyncWait>();
}

}  // namespace

absl::StatusOr<SyncRequest> ReadSync(const wbxml::Document& document) {
  const wbxml::Element root = document.root();
  if (root.tag() != tag::kSync) return Bad("not a Sync");
  SyncRequest out;
  out.partial = root.Has(tag::kPartial);
  absl::StatusOr<std::optional<SyncWait>> wait = ReadWait(root);
  if (!wait.ok()) return wait.status();
  out.wait = *wait;
  const absl::StatusOr<std::optional<std::int64_t>> window = ReadNumber(root.Child(tag::kWindowSize));
  if (!window.ok()) return window.status();
  const int window_default = static_cast<int>(std::clamp<std::int64_t>(window->value_or(kWindowDefault), 0, kWindowMost));
  absl::flat_hash_set<std::string> seen;
  for (const wbxml::Element element : root.Child(tag::kCollections)) {
    if (element.tag() != tag::kCollection) continue;
    absl::StatusOr<SyncCollection> collection = ReadCollection(element, window_default);
    if (!collection.ok()) return collection.status();
    if (seen.insert(collection->what.id).second) out.collections.push_back(*std::move(collection));
  }
  return out;
}

std::string SyncAnswer(const std::vector<AnsweredCollection>& collections) {
  wbxml::Writer out;
  out.Start(tag::kSync);
  out.Start(tag::kCollections);
  for (const AnsweredCollection& collection : collections) {
    out.Start(tag::kCollection);
    if (collection.item_class) out.Text(tag::kClass, ClassName(*collection.item_class));
    out.Text(tag::kSyncKey, collection.key);
    out.Text(tag::kCollectionId, collection.id);
    out.Text(tag::kStatus, static_cast<std::int64_t>(collection.status));
    if (collection.more_available) out.Empty(tag::kMoreAvailable);
    out.Raw(collection.commands);
    out.End();
  }
  out.End();
  out.End();
  return std::move(out).document();
}

std::string SyncAnswer(SyncStatus status, std::optional<std::int64_t> limit) {
  wbxml::Writer out;
  out.Start(tag::kSync);
  if (limit) out.Text(tag::kLimit, *limit);
  out.Text(tag::kStatus, static_cast<std::int64_t>(status));
  out.End();
  return std::move(out).document();
}

}  // namespace mailwake::eas
