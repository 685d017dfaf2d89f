// SPDX-License-Identifier: Apache-2.0
//
// Hold: what a PING means, whether it is refused, what it replaces.

#include <algorithm>
#include <tuple>
#include <utility>

#include "tests/support/engine_model.h"

namespace mailwake::testing {

void EngineModel::Held(Ping number, const HoldSpec& spec) {
  ++seq_;
  ReadNow(spec.mailbox);
  latest_now_ = std::max(latest_now_, world_.now());
  const FakeStore& store = world_.store();
  ModelPing ping{.spec = spec, .folders = spec.folders.value_or(WatchList{}), .held = world_.now(), .seq = seq_};
  ping.earliest = ping.held + spec.heartbeat.value_or(0s);
  ping.latest = latest_now_ + spec.heartbeat.value_or(0s) + 1s;
  ping.latest_unread = latest_now_ + spec.heartbeat.value_or(options_.heartbeat_max) + 1s;
  ping.failed_loads = store.failed_loads(spec.mailbox);
  ping.no_load = store.last_load_failed(spec.mailbox) && store.waiting_loads(spec.mailbox) == 0;
  ping.drained = draining_;
  ModelMailbox& box = mailboxes_[spec.mailbox];
  box.devices[spec.device];
  for (const auto& [id, item_class] : ping.folders) {
    if (id.size() <= kMaxIdBytes && !id.empty()) box.folders[id];
  }
  FindRefusals(ping);
  ModelPing& kept = held_.emplace(number.number, std::move(ping)).first->second;
  if (!kept.must_refuse.empty() || draining_) return;
  for (const auto& [id, item_class] : kept.folders) box.folders[id].named.insert(item_class);
  CountAll(kept);
  if (!Loading(spec.mailbox)) {
    Resolve(kept);
  } else if (options_.limits.deferred_per_mailbox < 100) {
    kept.may_refuse.insert(Refusal::kMailboxFull);
  }
}

// The load that it waited for failed.
bool EngineModel::LoadFailed(const ModelPing& ping) const {
  return ping.no_load || world_.store().failed_loads(ping.spec.mailbox) > ping.failed_loads;
}

// If the mailbox has been read: the PINGs that waited for that, in their order.
void EngineModel::ReadNow(const std::string& mailbox) {
  if (Loading(mailbox)) return;
  for (auto& [number, ping] : held_) {
    if (ping.spec.mailbox != mailbox || !ping.unread || !ping.must_refuse.empty()) continue;
    if (LoadFailed(ping) || ping.revoked || ping.cancelled || ping.drained) continue;  // about to end
    ping.may_refuse.clear();
    Resolve(ping);
  }
}

// What a PING comes to with what is remembered, now that its mailbox has been read.
void EngineModel::Resolve(ModelPing& ping) {
  ping.unread = false;
  ModelMailbox& box = mailboxes_[ping.spec.mailbox];
  const ModelDevice& device = box.devices[ping.spec.device];
  const bool remembers = ping.spec.kind == PingKind::kPing;
  ping.hierarchy_when_held = HierarchyOf(box).low;
  if (!ping.spec.folders && remembers && device.folders) {
    ping.folders = *device.folders;
    for (auto& [id, item_class] : ping.folders) item_class = box.folders[id].item_class.value_or(item_class);
    ++situations_["a PING leaves out its folders"];
  }
  if (!ping.spec.heartbeat && remembers && device.heartbeat) {
    ping.earliest += *device.heartbeat;
    ping.latest += *device.heartbeat;
    ++situations_["a PING leaves out its heartbeat"];
  }
  const bool has_heartbeat = ping.spec.heartbeat || (remembers && device.heartbeat);
  if (!has_heartbeat || ping.folders.empty()) ping.must_refuse.insert(Refusal::kMissingParameters);
  CountHere(ping);
  if (!ping.must_refuse.empty()) return;
  if (ping.may_refuse.empty()) {
    Accept(ping);
  } else {
    Supersede(ping, false);
    if (remembers) box.devices[ping.spec.device].remembered_known = false;  // until it ends, and shows whether it was refused
  }
}

// What needs no look into the mailbox.
void EngineModel::FindRefusals(ModelPing& ping) const {
  const HoldSpec& spec = ping.spec;
  auto bad = [](const std::string& id, std::size_t most) { return id.empty() || id.size() > most; };
  if (bad(spec.mailbox, kMaxMailboxBytes) || bad(spec.device, kMaxDeviceBytes)) ping.must_refuse.insert(Refusal::kInvalid);
  for (const auto& [id, item_class] : ping.folders) {
    if (bad(id, kMaxIdBytes)) ping.must_refuse.insert(Refusal::kInvalid);
  }
  if (spec.heartbeat && *spec.heartbeat < options_.heartbeat_min) ping.must_refuse.insert(Refusal::kHeartbeatTooShort);
  if (spec.heartbeat && *spec.heartbeat > options_.heartbeat_max) ping.must_refuse.insert(Refusal::kHeartbeatTooLong);
  if (ping.folders.size() > options_.limits.folders_per_ping) ping.must_refuse.insert(Refusal::kTooManyFolders);
}

// The mailbox's limits.
void EngineModel::CountHere(ModelPing& ping) {
  const HoldSpec& spec = ping.spec;
  const Limits& limits = options_.limits;
  std::size_t surely = 0;
  std::size_t perhaps = 0;
  for (const auto& [number, other] : held_) {
    if (&other == &ping || other.unread || other.superseded || other.revoked || other.cancelled || !other.must_refuse.empty()) continue;
    if (other.spec.mailbox != spec.mailbox || (other.spec.device == spec.device && other.spec.kind == spec.kind)) continue;
    ++perhaps;
    surely += other.accepted && !other.perhaps_superseded ? 1 : 0;
  }
  if (surely >= limits.pings_per_mailbox) ping.must_refuse.insert(Refusal::kMailboxFull);
  if (perhaps >= limits.pings_per_mailbox) ping.may_refuse.insert(Refusal::kMailboxFull);
  const ModelMailbox& box = mailboxes_[spec.mailbox];
  const auto known = std::count_if(box.devices.begin(), box.devices.end(), [](const auto& device) { return device.second.known; });
  const ModelDevice& device = box.devices.at(spec.device);
  if (!device.known) {
    if (static_cast<std::size_t>(known) >= limits.devices_per_mailbox && !device.perhaps_known) {
      ping.must_refuse.insert(Refusal::kMailboxFull);
    }
    if (box.devices.size() > limits.devices_per_mailbox) ping.may_refuse.insert(Refusal::kMailboxFull);
  }
  if (box.folders.size() > limits.folders_per_mailbox) ping.may_refuse.insert(Refusal::kMailboxFull);
}

// The engine's limit. While a mailbox is being read, PINGs of a device may be counted apart though one will replace the other.
void EngineModel::CountAll(ModelPing& ping) const {
  using Key = std::tuple<std::string, std::string, PingKind>;
  const auto key_of = [](const ModelPing& of) { return Key{of.spec.mailbox, of.spec.device, of.spec.kind}; };
  std::set<Key> surely;
  std::size_t perhaps = 0;
  std::size_t own = 0;
  for (const auto& [number, other] : held_) {
    if (&other == &ping || other.superseded || other.revoked || other.cancelled || !other.must_refuse.empty()) continue;
    ++perhaps;
    own += key_of(other) == key_of(ping) ? 1 : 0;
    if (key_of(other) != key_of(ping) && (other.accepted || other.unread) && !other.perhaps_superseded) surely.insert(key_of(other));
  }
  if (surely.size() >= options_.limits.pings) ping.must_refuse.insert(Refusal::kServerFull);
  if (perhaps - std::min<std::size_t>(own, 1) >= options_.limits.pings) ping.may_refuse.insert(Refusal::kServerFull);
}

// The PING was not refused: it replaces the older one, and is remembered.
void EngineModel::Accept(ModelPing& ping) {
  if (std::exchange(ping.accepted, true)) return;
  Supersede(ping, true);
  ModelMailbox& box = mailboxes_[ping.spec.mailbox];
  ModelDevice& device = box.devices[ping.spec.device];
  device.known = true;
  // Whether a PING that does not fit the folder list is remembered, no rule says.
  // One that waited for its mailbox to be read was met by the folders of then.
  const bool other_since = std::ranges::any_of(box.hierarchy, [&](const auto& change) { return change.first > ping.seq; });
  const bool unclear = box.blurred || other_since || MayMisfit(box, ping);
  GiveHierarchy(ping);
  if (ping.spec.kind != PingKind::kPing) return;
  if (ping.spec.heartbeat) device.heartbeat = ping.spec.heartbeat;
  if (ping.spec.folders) device.folders = ping.spec.folders;
  if (ping.spec.heartbeat && ping.spec.folders) device.remembered_known = true;
  if (unclear) device.remembered_known = false;
}

void EngineModel::Supersede(const ModelPing& ping, bool surely) {
  for (auto& [number, older] : held_) {
    if (&older == &ping) return;  // those that follow are newer
    if (older.spec.mailbox != ping.spec.mailbox || older.spec.device != ping.spec.device || older.spec.kind != ping.spec.kind) continue;
    (surely ? older.superseded : older.perhaps_superseded) = true;
  }
}

// A device without a folder list gets the present one at its first PING.
void EngineModel::GiveHierarchy(const ModelPing& ping) {
  ModelMailbox& box = mailboxes_[ping.spec.mailbox];
  ModelDevice& device = box.devices[ping.spec.device];
  if (!device.hierarchy.contains(std::nullopt)) return;
  const Bounds bounds = HierarchyOf(box);
  for (const auto& [seq, call] : box.hierarchy) {
    if (ping.hierarchy_when_held <= seq && seq <= bounds.high) device.hierarchy.insert(seq);
  }
  device.hierarchy.insert(bounds.low);
  device.hierarchy.insert(ping.hierarchy_when_held);
  device.hierarchy_ever.insert(device.hierarchy.begin(), device.hierarchy.end());
  if (ping.spec.kind == PingKind::kPing) device.hierarchy.erase(std::nullopt);
}

}  // namespace mailwake::testing
