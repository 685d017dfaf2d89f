// SPDX-License-Identifier: Apache-2.0
//
// What the lists mean: cursors, who is behind, whose folder list is old.

#include <algorithm>

#include "tests/support/engine_model.h"

namespace mailwake::testing {
namespace {

// It surely happened, and surely in this folder: a suspicion of a mailbox is about the folders that are there, and a change that was
// refused has made none.
bool Counts(const std::vector<ModelFolder::Event>& events, std::size_t at) {
  const auto sure = [](const ModelFolder::Event& event) { return !event.call->unsure && !event.maybe; };
  if (!sure(events[at])) return false;
  if (!events[at].suspect || events[at].of_all) return true;
  while (at-- > 0) {
    if (events[at].kind == ModelFolder::Event::kErase) return false;
    if (!events[at].suspect && sure(events[at])) return true;
  }
  return false;
}

}  // namespace

EngineModel::Bounds EngineModel::CursorOf(const ModelDevice& device, const std::string& folder) const {
  Bounds cursor;
  auto found = device.cursors.find(folder);
  if (found == device.cursors.end()) return cursor;
  for (const ModelCursor::Move& move : found->second.moves) {
    if (move.reset) {
      cursor.low = 0;
      if (!move.call->unsure) cursor.high = 0;
    } else {
      cursor.high = std::max(cursor.high, move.seq);
      if (!move.call->unsure) cursor.low = std::max(cursor.low, move.seq);
    }
  }
  return cursor;
}

EngineModel::Bounds EngineModel::HierarchyOf(const ModelMailbox& box) const {
  Bounds hierarchy;
  for (const auto& [seq, call] : box.hierarchy) {
    hierarchy.high = seq;
    if (!call->unsure) hierarchy.low = seq;
  }
  return hierarchy;
}

bool EngineModel::SurelyBehind(const ModelMailbox& box, const std::string& device, const std::string& folder, bool spread) const {
  auto found = box.folders.find(folder);
  if (found == box.folders.end()) return false;
  const Seq cursor = CursorOf(box.devices.at(device), folder).high;
  const auto& events = found->second.events;
  for (std::size_t at = events.size(); at-- > 0 && events[at].seq > cursor;) {
    if (events[at].kind == ModelFolder::Event::kErase) return false;
    const bool foreign = events[at].origin.empty() || events[at].origin != device;
    if (foreign && (spread || !events[at].of_all) && Counts(events, at)) return true;
  }
  return false;
}

Seq EngineModel::FirstBehind(const ModelMailbox& box, const std::string& device, const std::string& folder, bool only_suspicion) const {
  auto found = box.folders.find(folder);
  if (found == box.folders.end()) return 0;
  const Seq cursor = CursorOf(box.devices.at(device), folder).low;
  Seq first = 0;
  for (const ModelFolder::Event& event : found->second.events) {
    if (event.kind == ModelFolder::Event::kErase) {
      if (!event.call->unsure) first = 0;
    } else if (first == 0 && event.seq > cursor && (event.origin.empty() || event.origin != device) && (event.suspect || !only_suspicion)) {
      first = event.seq;
    }
  }
  return first;
}

Seq EngineModel::LatestForeign(const ModelMailbox& box, const std::string& device, const std::string& folder) {
  auto found = box.folders.find(folder);
  if (found == box.folders.end()) return 0;
  const auto& events = found->second.events;
  for (std::size_t at = events.size(); at-- > 0;) {
    const bool foreign = events[at].origin.empty() || events[at].origin != device;
    if (foreign && !events[at].of_all && Counts(events, at)) return events[at].seq;
  }
  return 0;
}

// The folder list has it, with that class.
bool EngineModel::Fits(const ModelMailbox& box, const std::string& folder, ItemClass item_class) {
  if (!box.declared) {
    auto found = box.folders.find(folder);
    return found == box.folders.end() || found->second.item_class.value_or(item_class) == item_class;
  }
  return std::any_of(box.list.begin(), box.list.end(),
                     [&](const DeclaredFolder& declared) { return declared.id == folder && declared.item_class == item_class; });
}

bool EngineModel::Misfits(const ModelMailbox& box, const ModelPing& ping) const {
  if (std::map<std::string, ItemClass>(ping.folders.begin(), ping.folders.end()).size() !=
      std::set<std::pair<std::string, ItemClass>>(ping.folders.begin(), ping.folders.end()).size()) {
    return true;  // a folder has one class, and it names two
  }
  return std::any_of(ping.folders.begin(), ping.folders.end(),
                     [&](const auto& watched) { return !Fits(box, watched.first, watched.second); });
}

// The first PING that names a folder in which nothing has happened yet may say its class.
bool EngineModel::MayMisfit(const ModelMailbox& box, const ModelPing& ping) const {
  return Misfits(box, ping) || std::any_of(ping.folders.begin(), ping.folders.end(), [&](const auto& watched) {
           auto found = box.folders.find(watched.first);
           return found != box.folders.end() && !found->second.item_class && !found->second.IsNamedOnly(watched.second);
         });
}

bool EngineModel::MustHierarchy(const ModelMailbox& box, const ModelPing& ping) const {
  if (box.blurred) return false;
  if (Misfits(box, ping)) return true;
  const Seq present = HierarchyOf(box).low;
  const auto& had = box.devices.at(ping.spec.device).hierarchy;
  return std::all_of(had.begin(), had.end(), [&](const std::optional<Seq>& seq) { return seq && *seq < present; });
}

bool EngineModel::MayHierarchy(const ModelMailbox& box, const ModelPing& ping) const {
  if (box.blurred || MayMisfit(box, ping)) return true;
  const Seq present = HierarchyOf(box).high;
  const auto& had = box.devices.at(ping.spec.device).hierarchy;
  return std::any_of(had.begin(), had.end(),
                     [&](const std::optional<Seq>& seq) { return seq.value_or(ping.hierarchy_when_held) < present; });
}

// Told of all this before, thrice for nothing else, and has not synced.
bool EngineModel::MayBePaced(const ModelMailbox& box, const ModelPing& ping, const std::vector<std::string>& behind, bool old_list) const {
  const ModelDevice& device = box.devices.at(ping.spec.device);
  if (device.repeats < 3) return false;
  if (old_list && device.told_list < HierarchyOf(box).low) return false;
  return std::all_of(behind.begin(), behind.end(), [&](const std::string& folder) {
    auto told = device.told.find(folder);
    return LatestForeign(box, ping.spec.device, folder) <= (told == device.told.end() ? 0 : told->second);
  });
}

// Its heartbeat ends, or the window of one of the folders' classes is not open.
bool EngineModel::MayWakeNow(const ModelMailbox& box, const ModelPing& ping, const std::vector<std::string>& named) const {
  if (world_.now() >= ping.earliest || ping.drained) return true;
  const ModelDevice& device = box.devices.at(ping.spec.device);
  return std::any_of(ping.folders.begin(), ping.folders.end(), [&](const auto& watched) {
    if (std::find(named.begin(), named.end(), watched.first) == named.end()) return false;
    const auto index = static_cast<std::size_t>(watched.second);
    const std::optional<Time> wake = device.wake_surely[index];
    return !wake || world_.now() >= *wake + options_.coalesce[index] ||
           FirstBehind(box, ping.spec.device, watched.first) <= device.wake_seq[index];
  });
}

}  // namespace mailwake::testing
