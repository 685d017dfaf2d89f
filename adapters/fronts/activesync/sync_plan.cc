// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/sync_plan.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "engine/src/plant.h"

namespace mailwake::eas {
namespace {

// Which point of the collection the device is at; false: its key is none of ours.
bool FindPoint(const CollectionState& collection, SyncStep& step) {
  const std::string& key = step.request.what.key;
  if (collection.current.key != 0 && key == absl::StrCat(collection.current.key)) {
    step.from = collection.current;
    return true;
  }
  if (collection.previous.key != 0 && key == absl::StrCat(collection.previous.key)) {
    step.from = Planted(Plant::kRepeatServesNewer) ? collection.current : collection.previous;
    step.repeat = true;
    return true;
  }
  return false;
}

void PlanKey(const DeviceState& state, SyncStep& step) {
  const auto collection = state.collections.find(step.request.what.id);
  const bool known = collection != state.collections.end();
  if (known && step.request.options.empty()) step.request.options = collection->second.options;
  if (step.request.what.key == "0") {
    step.move = SyncStep::Move::kReset;
  } else if (known && FindPoint(collection->second, step)) {
    step.move = SyncStep::Move::kServe;
  } else {
    step.status = SyncStatus::kBadSyncKey;
  }
}

// The device was forgotten, or comes from another server: what it knows of the folder list is not known, and its keys are none of ours.
bool ListUnknown(const DeviceState& state, const SyncCollection& collection) {
  if (Planted(Plant::kListStaysUnknown)) return false;
  return state.folders.key == 0 && collection.what.key != "0" && !state.collections.contains(collection.what.id);
}

}  // namespace

std::optional<SyncFault> Complete(SyncRequest& request, const std::optional<RememberedSync>& remembered) {
  const bool empty = request.collections.empty() && !request.wait;
  if (!request.partial && !empty) {
    if (request.collections.empty()) return SyncFault{SyncStatus::kProtocol, {}};
    return std::nullopt;
  }
  if (!remembered) return SyncFault{SyncStatus::kResendWhole, {}};
  absl::flat_hash_set<std::string> given;
  for (const SyncCollection& collection : request.collections) given.insert(collection.what.id);
  for (const RememberedCollection& collection : remembered->collections) {
    if (given.contains(collection.id)) continue;
    request.collections.push_back({.what = collection, .commands = {}, .refused_commands = {}, .options = {}});
  }
  if (!request.wait) request.wait = remembered->wait;
  return std::nullopt;
}

std::optional<SyncFault> CheckLimits(const SyncRequest& request, const ActiveSyncOptions& options) {
  if (request.wait) {
    const std::int64_t least = InUnitOf(*request.wait, options.heartbeat_min, true);
    const std::int64_t most = InUnitOf(*request.wait, options.heartbeat_max, false);
    if (request.wait->value < least) return SyncFault{SyncStatus::kWaitRange, least};
    if (request.wait->value > most) return SyncFault{SyncStatus::kWaitRange, most};
  }
  if (request.collections.size() > static_cast<std::size_t>(options.max_folders)) {
    return SyncFault{SyncStatus::kTooManyCollections, options.max_folders};
  }
  return std::nullopt;
}

RememberedSync Remember(const SyncRequest& request) {
  RememberedSync out{.collections = {}, .wait = request.wait};
  for (const SyncCollection& collection : request.collections) out.collections.push_back(collection.what);
  return out;
}

std::optional<SyncFault> Plan(const SyncRequest& request, const DeviceState& state, const FolderList& folders,
                              std::vector<SyncStep>& steps) {
  absl::flat_hash_map<std::string, ItemClass> declared;
  for (const DeclaredFolder& folder : folders.folders) declared.emplace(folder.id, folder.item_class);
  for (const SyncCollection& collection : request.collections) {
    if (folders.declared && ListUnknown(state, collection)) return SyncFault{SyncStatus::kHierarchy, {}};
    SyncStep step{.request = collection, .from = {}, .answer = {}};
    const auto known = state.collections.find(collection.what.id);
    if (const auto folder = declared.find(collection.what.id); folder != declared.end()) {
      step.item_class = folder->second;
    } else if (folders.declared && state.folders.told.contains(collection.what.id)) {
      return SyncFault{SyncStatus::kHierarchy, {}};
    } else if (folders.declared) {
      step.status = SyncStatus::kNotFound;
      steps.push_back(std::move(step));
      continue;
    } else {
      const ItemClass remembered = known == state.collections.end() ? ItemClass::kEmail : known->second.item_class;
      step.item_class = collection.what.item_class.value_or(remembered);
    }
    PlanKey(state, step);
    steps.push_back(std::move(step));
  }
  return std::nullopt;
}

bool MayHang(const std::vector<SyncStep>& steps) {
  return std::all_of(steps.begin(), steps.end(), [](const SyncStep& step) {
    return step.move == SyncStep::Move::kServe && !step.repeat && step.from.primed && step.request.commands.empty() &&
           step.request.what.get_changes;
  });
}

bool ServedWhole(const SyncStep& step) {
  const bool partial = step.answer.more_available && !Planted(Plant::kPartialSync);
  return step.move == SyncStep::Move::kServe && step.status == SyncStatus::kOk && !partial && step.request.what.get_changes;
}

std::vector<AnsweredCollection> Advance(DeviceState& state, const std::vector<SyncStep>& steps, bool name_classes) {
  std::vector<AnsweredCollection> out;
  for (const SyncStep& step : steps) {
    AnsweredCollection answered{
        .id = step.request.what.id, .key = step.request.what.key, .status = step.status, .item_class = {}, .commands = {}};
    if (name_classes) answered.item_class = step.item_class;
    if (step.status == SyncStatus::kOk) {
      CollectionState& collection = state.collections[step.request.what.id];
      const bool reset = step.move == SyncStep::Move::kReset;
      collection.item_class = step.item_class;
      collection.options = step.request.options;
      collection.previous = reset ? SyncPoint() : step.from;
      collection.current = {.key = ++state.last_sync_key, .state = step.answer.state, .primed = step.from.primed || ServedWhole(step)};
      answered.key = absl::StrCat(collection.current.key);
      answered.more_available = step.answer.more_available;
      answered.commands = step.answer.commands;
    } else if (step.status == SyncStatus::kBadSyncKey) {
      answered.key = "0";  // from here the device starts over
    }
    out.push_back(std::move(answered));
  }
  return out;
}

std::chrono::seconds Seconds(const SyncWait& wait) { return std::chrono::seconds(wait.minutes ? wait.value * 60 : wait.value); }

std::int64_t InUnitOf(const SyncWait& wait, std::chrono::seconds bound, bool minimum) {
  if (!wait.minutes) return bound.count();
  return std::max<std::int64_t>(1, minimum ? (bound.count() + 59) / 60 : bound.count() / 60);
}

}  // namespace mailwake::eas
