// SPDX-License-Identifier: Apache-2.0
//
// PINGs in the model: how one is entered, what its end teaches.

#include <algorithm>

#include "tests/sim/model.h"

namespace mailwake::sim {

// ---- Held

void Model::Delivered(int mailbox, int device, std::optional<Seq> wake) {
  Named& named = DeviceOf(mailbox, device).named;
  history_.Add({.time = true_now,
                .what = What::kDelivered,
                .mailbox = static_cast<std::int16_t>(mailbox),
                .device = static_cast<std::int16_t>(device)});
  if (named.seq == 0 || !named.last || (wake && *wake != named.seq)) return;
  named.delivered = true;
  named.sure = named.sure && wake.has_value();
}

// What the last wake named is taken for synced from this PING on, if it is admitted.
void Model::Acknowledge(Ping& ping) {
  Device& device = DeviceOf(ping.spec.mailbox, ping.spec.device);
  const Named& named = device.named;
  if (ping.spec.kind != PingKind::kPing || !named.delivered || ping.must_refuse) return;
  for (const int folder : named.folders) {
    Cursor& cursor = CursorOf(ping.spec.mailbox, ping.spec.device, folder);
    cursor.high = std::max(cursor.high, named.seq);
    cursor.since_reset = std::max(cursor.since_reset, named.seq);
  }
  if (!named.sure || ping.unread || forgetful_) return;
  ping.acknowledges = named.seq;
  ping.named = named.folders;
}

// It was admitted.
void Model::ApplyAcknowledged(Ping& ping) {
  if (ping.acknowledges == 0) return;
  stakes_.Count(Stake::kAcknowledgedByPing);
  for (const int folder : ping.named) {
    Cursor& cursor = CursorOf(ping.spec.mailbox, ping.spec.device, folder);
    if (ping.acknowledges > cursor.low) SetLow(cursor, ping.acknowledges);
  }
  ping.acknowledges = 0;
}

int Model::Held(const PingSpec& spec, bool loaded) {
  int number = static_cast<int>(pings_.size());
  if (free_.empty()) {
    pings_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  Mailbox& box = boxes_[Index(spec.mailbox)];
  Device& device = DeviceOf(spec.mailbox, spec.device);
  Ping& ping = pings_[Index(number)];
  ping = Ping{.live = true, .spec = spec, .held = now, .seq = ++seq_, .unread = !loaded};
  history_.Add({.time = true_now,
                .what = What::kHold,
                .mailbox = static_cast<std::int16_t>(spec.mailbox),
                .device = static_cast<std::int16_t>(spec.device),
                .a = static_cast<std::uint64_t>(spec.heartbeat_s.value_or(0)),
                .b = spec.folders ? spec.folders->size() : 0});
  MayForget(device);
  if (!spec.folders) {
    ping.folders_known = device.remembered_known && loaded;
    ping.spec.folders = device.remembered;
  }
  if (!spec.heartbeat_s) {
    ping.heartbeat_known = device.remembered_known && loaded;
    ping.spec.heartbeat_s = device.remembered_heartbeat_s;
  }
  const auto& folders = *ping.spec.folders;
  if (spec.heartbeat_s && (*spec.heartbeat_s < profile_.heartbeat_min_s || *spec.heartbeat_s > profile_.heartbeat_max_s)) {
    ping.must_refuse = true;
  }
  if (spec.folders && folders.size() > profile_.limits.folders_per_ping) ping.must_refuse = true;
  const bool replaces = std::ranges::any_of(box.pings, [&](int each) {
    const PingSpec& other = pings_[Index(each)].spec;
    return other.device == spec.device && other.kind == spec.kind;
  });
  if (spec.over_budget && !replaces) ping.must_refuse = true;
  const bool as_remembered =
      (!spec.folders || *spec.folders == device.remembered) && (!spec.heartbeat_s || *spec.heartbeat_s == device.remembered_heartbeat_s);
  if (spec.kind == PingKind::kPing && !as_remembered && !ping.must_refuse)
    device.remembered_known = false;  // until it is known to be accepted
  FindMisfits(ping, spec.folders.has_value());
  Acknowledge(ping);
  for (const int older : box.pings) {
    Ping& other = pings_[Index(older)];
    if (other.spec.device == spec.device && other.spec.kind == spec.kind && !ping.must_refuse) {
      other.rivalled = true;
      device.contested = true;
    }
  }
  for (const FolderRef& ref : folders) {
    if (std::ranges::find(device.ever_watched, ref.folder) == device.ever_watched.end()) device.ever_watched.push_back(ref.folder);
    ping.behind_when_held = ping.behind_when_held || SurelyBehind(spec.mailbox, spec.device, ref.folder);
  }
  box.pings.push_back(number);
  ++held_;
  if (box.pings.size() > std::min(profile_.limits.pings_per_mailbox, profile_.limits.deferred_per_mailbox)) {
    for (const int each : box.pings) pings_[Index(each)].crowded = true;
  }
  if (held_ > profile_.limits.pings - profile_.limits.pings / 10) full_ = seq_;  // the last places are not for all
  return number;
}

// A PING is compared with the folder list as it is when it is entered; of what is asked here some is not known.
// Folders that it does not name itself are remembered as folders, whatever their class is now.
void Model::FindMisfits(Ping& ping, bool named) {
  Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  ping.maybe_misfit = box.lists_pending > 0 || !ping.folders_known || !named;
  for (const FolderRef& ref : *ping.spec.folders) {
    Folder& facts = FolderOf(ping.spec.mailbox, ref.folder);
    if (box.declared) {
      if (!Listed(box, ref)) (box.lists_pending > 0 || !ping.folders_known || !named ? ping.maybe_misfit : ping.misfit) = true;
      continue;
    }
    if (facts.any_class || !facts.item_class) {
      ping.maybe_misfit = true;
      if (!facts.item_class) facts.any_class = true;  // the PING may have given it its class
    } else if (*facts.item_class != ref.item_class) {
      (ping.unread || !ping.folders_known || !named ? ping.maybe_misfit : ping.misfit) = true;
    }
  }
  ping.maybe_misfit |= ping.misfit;
}

void Model::Revoked(int mailbox, std::optional<int> device) {
  for (const int number : boxes_[Index(mailbox)].pings) {
    Ping& ping = pings_[Index(number)];
    if (!device || ping.spec.device == *device) ping.revoked = true;
  }
}

void Model::Cancelled(int number, bool won) {
  Ping& ping = pings_[Index(number)];
  ping.cancelled = true;
  history_.Add({.time = true_now,
                .what = What::kCancel,
                .mailbox = static_cast<std::int16_t>(ping.spec.mailbox),
                .device = static_cast<std::int16_t>(ping.spec.device),
                .a = won});
  if (!won) Fail(3, ping.spec.mailbox, ping.spec.device, "Cancel of a PING that has not ended says that it lost");
}

void Model::Drop(int number) {
  Ping& ping = pings_[Index(number)];
  std::erase(boxes_[Index(ping.spec.mailbox)].pings, number);
  ping.live = false;
  free_.push_back(number);
  --held_;
}

// ---- What an end teaches

// It was compared with the mailbox: so the device has a folder list cursor, and what it asked is remembered.
void Model::Admitted(const Ping& ping, EndReason reason) {
  Device& device = DeviceOf(ping.spec.mailbox, ping.spec.device);
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  device.seen = ping.held;
  if (!device.list_known) {
    device.list_known = ++seq_;
    device.list_high = box.list_high;
  }
  if (reason != EndReason::kHierarchy && box.lists_pending == 0 && box.list_low > device.list_low) {
    device.list_low = box.list_low;
    device.list_moved = ++seq_;
  }
  Remember(ping);
}

void Model::Remember(const Ping& ping) {
  if (ping.spec.kind != PingKind::kPing) return;
  Device& device = DeviceOf(ping.spec.mailbox, ping.spec.device);
  const bool sure = ping.folders_known && ping.heartbeat_known && !ping.maybe_misfit && !device.contested;
  const bool same = device.remembered == *ping.spec.folders && device.remembered_heartbeat_s == *ping.spec.heartbeat_s;
  if (same && device.remembered_known && sure) return;
  device.remembered = *ping.spec.folders;
  device.remembered_heartbeat_s = *ping.spec.heartbeat_s;
  device.remembered_known = sure;
  device.remembered_at = ++seq_;
}

void Model::LearnRepeated(const Ping& ping, EndReason reason, std::span<const int> names) {
  if (reason == EndReason::kExpired) return;
  Repeated& last = DeviceOf(ping.spec.mailbox, ping.spec.device).repeated;
  const bool hierarchy = reason == EndReason::kHierarchy;
  std::vector<int> told(names.begin(), names.end());
  if (hierarchy) {
    for (const FolderRef& ref : *ping.spec.folders) told.push_back(ref.folder);
  }
  const int first = hierarchy ? -1 : 0;  // folders of a list that has just come are news once more when the device names them
  const bool again =
      ping.folders_known && !(hierarchy && ping.maybe_misfit) && reason != EndReason::kResync && SurelyRepeats(ping, hierarchy, told);
  last = {.seq = ++seq_, .at = now, .hierarchy = hierarchy, .folders = std::move(told), .times = again ? last.times + 1 : first};
}

void Model::Learn(const Ping& ping, EndReason reason, std::span<const int> names) {
  LearnRepeated(ping, reason, names);
  Device& device = DeviceOf(ping.spec.mailbox, ping.spec.device);
  device.named.last = false;
  if (!device.superseded.empty()) device.superseded.pop_front();
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  if (device.told.size() < box.folders.size()) device.told.resize(box.folders.size());
  if (reason == EndReason::kHierarchy) {
    if (device.told_list >= box.list_low) ++device.repeats;
    device.told_list = std::max(device.told_list, ++seq_);
    for (const FolderRef& ref : *ping.spec.folders) device.told[Index(ref.folder)] = seq_;
    device.told_at = now;
  }
  if (reason != EndReason::kChanged && reason != EndReason::kResync) return;
  bool news = false;
  for (const int folder : names) {
    news = news || device.told[Index(folder)] < LatestForeign(FolderOf(ping.spec.mailbox, folder), ping.spec.device);
  }
  device.repeats = news ? 0 : device.repeats + 1;
  ++seq_;
  device.told_at = now;
  for (const int folder : names) device.told[Index(folder)] = seq_;
  device.named = {.seq = seq_, .folders = {names.begin(), names.end()}, .last = true, .sure = reason == EndReason::kChanged};
  for (const FolderRef& ref : *ping.spec.folders) {
    const auto index = static_cast<std::size_t>(ref.item_class);
    if (std::ranges::find(names, ref.folder) != names.end()) device.woken[index] = device.woken_perhaps[index] = now;
  }
}

void Model::EndedSomehow(int number) {
  const Ping& ping = pings_[Index(number)];
  history_.Add({.time = true_now,
                .what = What::kAnswered,
                .mailbox = static_cast<std::int16_t>(ping.spec.mailbox),
                .device = static_cast<std::int16_t>(ping.spec.device)});
  Device& device = DeviceOf(ping.spec.mailbox, ping.spec.device);
  device.told.resize(boxes_[Index(ping.spec.mailbox)].folders.size());
  Active(device);
  ++seq_;
  ++device.repeats;
  device.told_at = now;
  for (const FolderRef& ref : *ping.spec.folders) {
    device.told[Index(ref.folder)] = seq_;
    device.woken_perhaps[static_cast<std::size_t>(ref.item_class)] = now;
  }
  Drop(number);
}

// A wake that no window held back, or one that did until now.
void Model::CountWindows(const Ping& ping, std::span<const int> names) {
  const Device& device = DeviceOf(ping.spec.mailbox, ping.spec.device);
  for (const FolderRef& ref : *ping.spec.folders) {
    if (std::ranges::find(names, ref.folder) == names.end()) continue;
    const auto index = static_cast<std::size_t>(ref.item_class);
    const std::int64_t window = profile_.coalesce_ms[index];
    const auto& woken = device.woken_perhaps[index];
    if (window > 0 && woken && now.mark - woken->mark == window) return stakes_.Count(Stake::kWokenAtWindowEnd);
    if (!ping.behind_when_held && (window == 0 || !woken)) return stakes_.Count(Stake::kWokenAtOnce);
  }
}

void Model::CountEnd(const Ping& ping, EndReason reason, std::span<const int> names) {
  const bool news = ping.behind_when_held || ping.touched;
  switch (reason) {
    case EndReason::kChanged:
    case EndReason::kResync: {
      if (reason == EndReason::kResync) stakes_.Count(Stake::kResync);
      stakes_.Count(ping.behind_when_held ? Stake::kChangeBetweenSyncAndPing : Stake::kChangeWhileHeld);
      const std::int64_t left = *ping.spec.heartbeat_s * 1000 - AtMost(ping.held, now);
      if (left < 1000 && ping.heartbeat_known) stakes_.Count(Stake::kWakeRacesExpiry);
      if (names.size() < ping.spec.folders->size()) stakes_.Count(Stake::kNamedPart);
      if (names.size() > 1) stakes_.Count(Stake::kUnion);
      CountWindows(ping, names);
      return;
    }
    case EndReason::kExpired:
      stakes_.Count(Stake::kExpiredOnTime);
      if (now.jumps != ping.held.jumps) stakes_.Count(Stake::kClockJumped);
      for (const FolderRef& ref : *ping.spec.folders) {
        const Folder& facts = FolderOf(ping.spec.mailbox, ref.folder);
        const Cursor& cursor = CursorOf(ping.spec.mailbox, ping.spec.device, ref.folder);
        const bool own =
            std::ranges::any_of(facts.marks, [&](const Mark& mark) { return mark.origin == ping.spec.device && mark.live > cursor.high; });
        if (own) return stakes_.Count(Stake::kOwnChangeOnly);
      }
      return;
    case EndReason::kHierarchy:
      return stakes_.Count(ping.misfit ? Stake::kMisfit : Stake::kHierarchy);
    case EndReason::kSuperseded:
      stakes_.Count(Stake::kSuperseded);
      break;
    case EndReason::kRefused:
      return;
    default:
      stakes_.Count(Stake::kEndedOtherwise);
  }
  if (news) stakes_.Count(Stake::kBehindAtOtherEnd);
}

}  // namespace mailwake::sim
