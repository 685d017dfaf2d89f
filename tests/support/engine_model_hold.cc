// SPDX-License-Identifier: Apache-2.0
//
// Hold: what a PING means, whether it is refused, what it replaces.

#include <algorithm>
#include <utility>

#include "tests/support/engine_model.h"

namespace mailwake::testing {

void EngineModel::Held(Ping number, const HoldSpec& spec) {
  ++seq_;
  ModelPing ping{.spec = spec, .held = world_.now()};
  ModelMailbox& box = mailboxes_[spec.mailbox];
  ModelDevice& device = box.devices[spec.device];
  const bool remembers = spec.kind == PingKind::kPing;
  if (spec.folders) {
    ping.folders = *spec.folders;
  } else if (remembers && device.folders) {
    ping.folders = *device.folders;
    for (auto& [id, item_class] : ping.folders) item_class = box.folders[id].item_class.value_or(item_class);
    ++situations_["a PING leaves out its folders"];
  } else {
    ping.must_refuse.insert(Refusal::kMissingParameters);
  }
  const auto heartbeat = spec.heartbeat ? spec.heartbeat : remembers ? device.heartbeat : std::nullopt;
  if (!heartbeat) {
    ping.must_refuse.insert(Refusal::kMissingParameters);
  } else {
    if (*heartbeat < options_.heartbeat_min) ping.must_refuse.insert(Refusal::kHeartbeatTooShort);
    if (*heartbeat > options_.heartbeat_max) ping.must_refuse.insert(Refusal::kHeartbeatTooLong);
    if (!spec.heartbeat) ++situations_["a PING leaves out its heartbeat"];
  }
  latest_now_ = std::max(latest_now_, world_.now());
  ping.earliest = ping.held + heartbeat.value_or(0s);
  ping.latest = latest_now_ + heartbeat.value_or(0s) + 1s;
  // While its mailbox is being read, nobody knows what was remembered, or whether it will be refused.
  const auto unread = std::clamp(spec.heartbeat.value_or(options_.heartbeat_max), options_.heartbeat_min, options_.heartbeat_max);
  ping.latest_unread = latest_now_ + unread + 1s;
  ping.failed_loads = world_.store().failed_loads(spec.mailbox);
  ping.held_in_trouble = world_.store().last_load_failed(spec.mailbox);
  ping.hierarchy_when_held = HierarchyOf(box).low;
  for (const auto& [id, item_class] : ping.folders) {
    if (id.size() <= kMaxIdBytes && !id.empty()) box.folders[id];
  }
  FindRefusals(ping);
  ModelPing& kept = held_.emplace(number.number, std::move(ping)).first->second;
  CountRefusals(kept);
  kept.drained = draining_;
  kept.unread = Loading(spec.mailbox);
  if (!kept.must_refuse.empty() || draining_) return;
  if (kept.may_refuse.empty()) {
    Accept(kept);
  } else {
    Supersede(kept, false);
  }
}

void EngineModel::FindRefusals(ModelPing& ping) const {
  const HoldSpec& spec = ping.spec;
  auto bad = [](const std::string& id, std::size_t most) { return id.empty() || id.size() > most; };
  if (bad(spec.mailbox, kMaxMailboxBytes) || bad(spec.device, kMaxDeviceBytes)) ping.must_refuse.insert(Refusal::kInvalid);
  for (const auto& [id, item_class] : ping.folders) {
    if (bad(id, kMaxIdBytes)) ping.must_refuse.insert(Refusal::kInvalid);
  }
  if (ping.folders.size() > options_.limits.folders_per_ping) ping.must_refuse.insert(Refusal::kTooManyFolders);
}

void EngineModel::CountRefusals(ModelPing& ping) {
  const HoldSpec& spec = ping.spec;
  const Limits& limits = options_.limits;
  std::size_t all = 0;
  std::size_t here = 0;
  for (const auto& [number, other] : held_) {
    if (&other == &ping || other.superseded || other.revoked || other.cancelled || !other.must_refuse.empty()) continue;
    const bool same_mailbox = other.spec.mailbox == spec.mailbox;
    if (same_mailbox && other.spec.device == spec.device && other.spec.kind == spec.kind) continue;
    ++all;
    here += same_mailbox ? 1 : 0;
  }
  if (all >= limits.pings) ping.must_refuse.insert(Refusal::kServerFull);
  if (here >= limits.pings_per_mailbox) ping.must_refuse.insert(Refusal::kMailboxFull);
  const ModelMailbox& box = mailboxes_[spec.mailbox];
  const auto known = std::count_if(box.devices.begin(), box.devices.end(), [](const auto& device) { return device.second.known; });
  const ModelDevice& device = box.devices.at(spec.device);
  if (!device.known) {
    if (static_cast<std::size_t>(known) >= limits.devices_per_mailbox && !Loading(spec.mailbox))
      ping.must_refuse.insert(Refusal::kMailboxFull);
    if (box.devices.size() > limits.devices_per_mailbox) ping.may_refuse.insert(Refusal::kMailboxFull);
  }
  if (box.folders.size() > limits.folders_per_mailbox) ping.may_refuse.insert(Refusal::kMailboxFull);
  if (Loading(spec.mailbox) && limits.deferred_per_mailbox < 100) ping.may_refuse.insert(Refusal::kMailboxFull);
}

// The PING was not refused: it replaces the older one, and is remembered.
void EngineModel::Accept(ModelPing& ping) {
  if (std::exchange(ping.accepted, true)) return;
  Supersede(ping, true);
  ModelDevice& device = mailboxes_[ping.spec.mailbox].devices[ping.spec.device];
  device.known = true;
  for (const auto& [id, item_class] : ping.folders) mailboxes_[ping.spec.mailbox].folders[id].named.insert(item_class);
  if (ping.spec.kind != PingKind::kPing) return;
  if (ping.spec.heartbeat) device.heartbeat = ping.spec.heartbeat;
  if (ping.spec.folders) device.folders = ping.spec.folders;
  if (ping.spec.heartbeat && ping.spec.folders) device.remembered_known = true;
  // Whether a PING that does not fit the folder list is remembered, no rule says.
  if (Misfits(mailboxes_[ping.spec.mailbox], ping) || mailboxes_[ping.spec.mailbox].blurred) device.remembered_known = false;
}

void EngineModel::Supersede(const ModelPing& ping, bool surely) {
  for (auto& [number, older] : held_) {
    if (&older == &ping) return;  // those that follow are newer
    if (older.spec.mailbox != ping.spec.mailbox || older.spec.device != ping.spec.device || older.spec.kind != ping.spec.kind) continue;
    (surely ? older.superseded : older.perhaps_superseded) = true;
  }
}

// A device without a folder list gets the present one at its first PING.
void EngineModel::GiveHierarchy(const ModelPing& ping, bool surely) {
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
  if (surely && ping.spec.kind == PingKind::kPing) device.hierarchy.erase(std::nullopt);
}

}  // namespace mailwake::testing
