// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/device_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

// Bytes of others may be anything; JSON takes UTF-8 only.
json Bytes(const std::string& bytes) { return Base64Encode(bytes); }
std::string Bytes(const json& value) { return Base64Decode(value.get<std::string>()).value_or(""); }

json ToJson(const SyncPoint& point) { return {{"key", point.key}, {"state", Bytes(point.state)}, {"primed", point.primed}}; }
SyncPoint PointFrom(const json& value) {
  return {.key = value.at("key").get<SyncKey>(), .state = Bytes(value.at("state")), .primed = value.at("primed").get<bool>()};
}

json ToJson(const CollectionState& collection) {
  json out = {{"class", Name(collection.item_class)}, {"current", ToJson(collection.current)}};
  if (collection.previous.key != 0) out["previous"] = ToJson(collection.previous);
  if (!collection.options.empty()) out["options"] = Bytes(collection.options);
  return out;
}
CollectionState CollectionFrom(const json& value) {
  CollectionState out;
  out.item_class = ParseItemClass(value.at("class").get<std::string>()).value_or(ItemClass::kEmail);
  out.current = PointFrom(value.at("current"));
  if (value.contains("previous")) out.previous = PointFrom(value.at("previous"));
  if (value.contains("options")) out.options = Bytes(value.at("options"));
  return out;
}

json ToJson(const RememberedSync& sync) {
  json collections = json::array();
  for (const RememberedCollection& collection : sync.collections) {
    json one = {{"id", collection.id}, {"key", collection.key}, {"window", collection.window_size}, {"changes", collection.get_changes}};
    if (collection.item_class) one["class"] = Name(*collection.item_class);
    collections.push_back(std::move(one));
  }
  json out = {{"collections", std::move(collections)}};
  if (sync.wait) out[sync.wait->minutes ? "wait_minutes" : "heartbeat_s"] = sync.wait->value;
  return out;
}
RememberedSync SyncFrom(const json& value) {
  RememberedSync out;
  for (const json& one : value.at("collections")) {
    RememberedCollection collection{.id = one.at("id"), .key = one.at("key"), .item_class = {}};
    collection.window_size = one.at("window").get<int>();
    collection.get_changes = one.at("changes").get<bool>();
    if (one.contains("class")) collection.item_class = ParseItemClass(one.at("class").get<std::string>());
    out.collections.push_back(std::move(collection));
  }
  for (const bool minutes : {true, false}) {
    const char* name = minutes ? "wait_minutes" : "heartbeat_s";
    if (value.contains(name)) out.wait = SyncWait{.value = value.at(name).get<std::int64_t>(), .minutes = minutes};
  }
  return out;
}

DeviceState StateFrom(const json& value) {
  DeviceState out;
  if (value.at("format").get<int>() != kFormat) return {};
  const json& folders = value.at("folders");
  out.folders = {.last_key = folders.at("last_key").get<SyncKey>(),
                 .key = folders.at("key").get<SyncKey>(),
                 .told = folders.at("told").get<ToldFolders>(),
                 .previous_key = folders.at("previous_key").get<SyncKey>(),
                 .previous_told = folders.at("previous_told").get<ToldFolders>()};
  out.last_sync_key = value.at("last_sync_key").get<SyncKey>();
  for (const auto& [id, collection] : value.at("collections").items()) out.collections.emplace(id, CollectionFrom(collection));
  if (value.contains("sync")) out.sync = SyncFrom(value.at("sync"));
  out.policy_key = value.at("policy_key").get<std::string>();
  out.offered_policy_key = value.at("offered_policy_key").get<std::string>();
  return out;
}

}  // namespace

std::string Serialize(const DeviceState& state) {
  json collections = json::object();
  for (const auto& [id, collection] : state.collections) collections[id] = ToJson(collection);
  json out = {
      {"format", kFormat},
      {"folders",
       {{"last_key", state.folders.last_key},
        {"key", state.folders.key},
        {"told", state.folders.told},
        {"previous_key", state.folders.previous_key},
        {"previous_told", state.folders.previous_told}}},
      {"last_sync_key", state.last_sync_key},
      {"collections", std::move(collections)},
      {"policy_key", state.policy_key},
      {"offered_policy_key", state.offered_policy_key},
  };
  if (state.sync) out["sync"] = ToJson(*state.sync);
  // Ids that are not UTF-8 are replaced, not thrown at: the device then starts over in that folder.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

DeviceState Deserialize(const std::string& text) {
  if (text.empty()) return {};
  try {
    return StateFrom(json::parse(text));
  } catch (const json::exception&) {
    return {};
  }
}

void Bound(DeviceState& state) {
  if (state.collections.size() <= kMaxCollections) return;
  std::vector<SyncKey> keys;
  for (const auto& [id, collection] : state.collections) keys.push_back(collection.current.key);
  const auto cut = keys.end() - static_cast<std::ptrdiff_t>(kMaxCollections);
  std::nth_element(keys.begin(), cut, keys.end());
  const SyncKey oldest = *cut;
  std::erase_if(state.collections, [oldest](const auto& entry) { return entry.second.current.key < oldest; });
}

}  // namespace mailwake::eas
