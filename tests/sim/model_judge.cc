// SPDX-License-Identifier: Apache-2.0
//
// The verdicts: may a PING end so, must one have ended by now.

#include <algorithm>
#include <string>

#include "tests/sim/model.h"

namespace mailwake::sim {
namespace {

constexpr std::int64_t kShortestPaceMs = 5'000;
constexpr std::int64_t kLongestPaceMs = 300'000;
// How long a whole server takes to be told of a suspicion.
constexpr std::int64_t kSpreadMs = 10'000;

bool Contains(std::span<const int> names, int folder) { return std::ranges::find(names, folder) != names.end(); }
std::string Id(int folder) { return FolderName(folder); }

// Between a wake that told nothing new so often and the next such.
std::int64_t PaceMs(std::int64_t times) {
  return times < kFreeRepeats ? 0 : std::min(kShortestPaceMs << std::min<std::int64_t>(times - kFreeRepeats, 10), kLongestPaceMs);
}

std::vector<int> Folders(const Model::Ping& ping) {
  std::vector<int> folders;
  for (const FolderRef& ref : *ping.spec.folders) folders.push_back(ref.folder);
  return folders;
}

}  // namespace

// ---- The folder list

bool Model::Fits(const Ping& ping, const FolderRef& ref) const {
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  if (box.declared) return box.lists_pending == 0 && Listed(box, ref);
  const auto* facts = FindFolder(ping.spec.mailbox, ref.folder);
  return facts != nullptr && !facts->any_class && facts->item_class == ref.item_class;
}

bool Model::MustHierarchy(const Ping& ping) const {
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  if (box.lists_pending > 0) return false;
  if (ping.misfit) return true;
  const Device& device = box.devices[Index(ping.spec.device)];
  return device.list_known && box.list_low > device.list_high;
}

std::string Model::WhyHierarchy(const Ping& ping) const {
  if (!ping.misfit) {
    return "the folder list of #" + std::to_string(boxes_[Index(ping.spec.mailbox)].list_low) + ", and the device's is #" +
           std::to_string(boxes_[Index(ping.spec.mailbox)].devices[Index(ping.spec.device)].list_high);
  }
  for (const FolderRef& ref : *ping.spec.folders) {
    const auto* facts = FindFolder(ping.spec.mailbox, ref.folder);
    if (facts->item_class && *facts->item_class != ref.item_class) {
      return "it is told that " + Id(ref.folder) + " has another class than " + std::string(Name(ref.item_class));
    }
  }
  return "it is told that a folder is gone";
}

bool Model::MayHierarchy(const Ping& ping) const {
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  return box.lists_pending > 0 || ping.maybe_misfit || box.list_high > box.devices[Index(ping.spec.device)].list_low;
}

// ---- May it end so?

std::string Model::WhyNotChanged(const Ping& ping, std::span<const int> names) const {
  const PingSpec& spec = ping.spec;
  if (names.empty()) return "P2: a wake names no folder";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (Contains(names.subspan(i + 1), names[i])) return "P2: a wake names " + Id(names[i]) + " twice";
    const bool watched = std::ranges::any_of(*spec.folders, [&](const FolderRef& ref) { return ref.folder == names[i]; });
    const auto& ever = boxes_[Index(spec.mailbox)].devices[Index(spec.device)].ever_watched;
    if (!watched && (ping.folders_known || !Contains(ever, names[i]))) {
      return "P2: a wake names " + Id(names[i]) + ", which is not watched";
    }
    if (!MaybeBehind(spec.mailbox, spec.device, names[i])) {
      return "P2: a wake names " + Id(names[i]) + ", in which the device is not behind";
    }
  }
  if (!ping.folders_known) return {};
  for (const FolderRef& ref : *spec.folders) {
    if (!Contains(names, ref.folder) && Fits(ping, ref) && !ping.maybe_misfit && SurelyBehind(spec.mailbox, spec.device, ref.folder)) {
      return "P7: a wake does not name " + Id(ref.folder) + ", in which the device is behind too";
    }
  }
  if (MustHierarchy(ping) && spec.exact) return "P1: a wake comes before " + WhyHierarchy(ping);
  std::string why = WhyNotInWindow(ping, names);
  return why.empty() ? WhyTooSoon(ping, false, names) : why;
}

// After a wake for a class the next waits until the window is over, or the heartbeat.
std::string Model::WhyNotInWindow(const Ping& ping, std::span<const int> names) const {
  const PingSpec& spec = ping.spec;
  if (forgetful_ || draining_ || !ping.heartbeat_known || !spec.exact || ping.unread) return {};
  if (AtMost(ping.held, now) >= *spec.heartbeat_s * 1000) return {};
  const Device& device = boxes_[Index(spec.mailbox)].devices[Index(spec.device)];
  for (const FolderRef& ref : *spec.folders) {
    if (!Contains(names, ref.folder)) continue;
    const auto index = static_cast<std::size_t>(ref.item_class);
    const auto& woken = device.woken[index];
    if (profile_.coalesce_ms[index] == 0 || !woken || now.mark - woken->mark + woken->early >= profile_.coalesce_ms[index]) return {};
  }
  const auto index = static_cast<std::size_t>(std::ranges::find(*spec.folders, names[0], &FolderRef::folder)->item_class);
  return "P7: a wake comes " + std::to_string(now.mark - device.woken[index]->mark) + " ms after the last, and the window is " +
         std::to_string(profile_.coalesce_ms[index]) + " ms";
}

// It tells what the last wake has told; nothing has changed since, perhaps, and the device has done nothing about it.
bool Model::SurelyRepeats(const Ping& ping, bool hierarchy, std::span<const int> names) const {
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  const int device = ping.spec.device;
  const Repeated& last = box.devices[Index(device)].repeated;
  if (last.seq == 0 || last.hierarchy != hierarchy || box.lists_pending > 0 || std::max(box.list_high, suspect_all_) > last.seq)
    return false;
  return std::ranges::all_of(names, [&](int folder) {
    const Folder* facts = FindFolder(ping.spec.mailbox, folder);
    if (!Contains(last.folders, folder) || facts == nullptr || facts->suspect > last.seq) return false;
    return std::ranges::all_of(facts->marks, [&](const Mark& mark) { return mark.maybe <= last.seq; });
  });
}

// A device that is told and never syncs is told again ever more seldom.
std::string Model::WhyTooSoon(const Ping& ping, bool hierarchy, std::span<const int> names) const {
  if (forgetful_ || draining_ || !ping.heartbeat_known || !ping.folders_known || ping.unread) return {};
  if (AtMost(ping.held, now) >= *ping.spec.heartbeat_s * 1000 || !SurelyRepeats(ping, hierarchy, names)) return {};
  const Repeated& last = boxes_[Index(ping.spec.mailbox)].devices[Index(ping.spec.device)].repeated;
  if (last.times < kFreeRepeats || now.jumps != last.at.jumps) return {};
  stakes_.Count(Stake::kToldAgain);
  const std::int64_t passed = AtMost(last.at, now);
  if (passed >= PaceMs(last.times)) return {};
  return "P0: a wake storm: told the same " + std::to_string(last.times + 1) + " times, and again after " + std::to_string(passed) + " ms";
}

std::string Model::WhyNotResync(const Ping& ping, std::span<const int> names) const {
  const PingSpec& spec = ping.spec;
  bool suspected = false;
  for (const FolderRef& ref : *spec.folders) {
    const auto* facts = FindFolder(spec.mailbox, ref.folder);
    const Cursor* cursor = FindCursor(spec.mailbox, spec.device, ref.folder);
    const Seq low = cursor == nullptr ? 0 : cursor->low;
    suspected |= suspect_all_ > low || (facts != nullptr && facts->suspect > low);
    if (ping.folders_known && !ping.maybe_misfit && !Contains(names, ref.folder)) return "P2: a resync does not name all that is watched";
  }
  return suspected || !ping.folders_known ? "" : "P2: a resync, and nothing is suspected";
}

std::string Model::WhyNotExpired(const Ping& ping) const {
  const PingSpec& spec = ping.spec;
  if (ping.heartbeat_known && AtMost(ping.held, now) < *spec.heartbeat_s * 1000) {
    return "P6: a PING expires " + std::to_string(*spec.heartbeat_s * 1000 - AtMost(ping.held, now)) + " ms before its heartbeat ends";
  }
  if (ping.folders_known) {
    for (const FolderRef& ref : *spec.folders) {
      if (Fits(ping, ref) && SurelyBehind(spec.mailbox, spec.device, ref.folder)) {
        return "P1: a PING expires while its device is behind in " + Id(ref.folder);
      }
    }
  }
  return MustHierarchy(ping) ? "P1: a PING expires before " + WhyHierarchy(ping) : "";
}

std::string Model::WhyNotRefused(const Ping& ping, Refusal refusal, std::int64_t bound, std::int64_t retry_after_s) const {
  const Limits& limits = profile_.limits;
  const bool retries = retry_after_s >= std::max<std::int64_t>(1, profile_.retry_after_s) && retry_after_s <= 2 * profile_.retry_after_s;
  switch (refusal) {
    case Refusal::kRevoked:
      return ping.revoked ? "" : "P3: revoked by nobody";
    case Refusal::kMissingParameters:
      return ping.folders_known && ping.heartbeat_known ? "P3: refused for parameters that it has" : "";
    case Refusal::kHeartbeatTooShort:
      return *ping.spec.heartbeat_s < profile_.heartbeat_min_s && bound == profile_.heartbeat_min_s ? "" : "P3: refused as too short";
    case Refusal::kHeartbeatTooLong:
      return *ping.spec.heartbeat_s > profile_.heartbeat_max_s && bound == profile_.heartbeat_max_s ? "" : "P3: refused as too long";
    case Refusal::kTooManyFolders:
      return bound == static_cast<std::int64_t>(limits.folders_per_ping) && ping.must_refuse ? "" : "P3: refused for too many folders";
    case Refusal::kMailboxFull:
    case Refusal::kServerFull: {
      if (!retries) return "P4: a refusal for want of room tells a retry time of " + std::to_string(retry_after_s) + " s";
      const bool may = few_devices_ || limits.memory_bytes != Limits{}.memory_bytes || ping.crowded || full_ >= ping.seq ||
                       (ping.unread && limits.deferred_per_mailbox < 100);
      return may ? "" : "P4: refused for want of room, and there is room";
    }
    default:
      return "P3: refused for no reason";
  }
}

void Model::EndedChanged(int number, std::span<const int> names) {
  Ping& ping = pings_[Index(number)];
  ApplyAcknowledged(ping);
  const bool resync = !WhyNotChanged(ping, names).empty() && WhyNotResync(ping, names).empty();
  Ended(number, resync ? EndReason::kResync : EndReason::kChanged, names);
}

void Model::Ended(int number, EndReason reason, std::span<const int> names, Refusal refusal, std::int64_t bound,
                  std::int64_t retry_after_s) {
  Ping& ping = pings_[Index(number)];
  const PingSpec& spec = ping.spec;
  if (!ping.live) return Fail(3, spec.mailbox, spec.device, "a PING ends twice");
  history_.Add({.time = true_now,
                .what = What::kEnd,
                .detail = static_cast<std::uint8_t>(reason),
                .mailbox = static_cast<std::int16_t>(spec.mailbox),
                .device = static_cast<std::int16_t>(spec.device),
                .folder = static_cast<std::int16_t>(names.empty() ? kNone : names[0]),
                .a = names.size(),
                .b = static_cast<std::uint64_t>(refusal)});
  const bool judged =
      reason == EndReason::kChanged || reason == EndReason::kExpired || reason == EndReason::kHierarchy || reason == EndReason::kResync;
  if (judged) ApplyAcknowledged(ping);
  std::string why;
  switch (reason) {
    case EndReason::kChanged:
      why = WhyNotChanged(ping, names);
      break;
    case EndReason::kResync:
      why = WhyNotResync(ping, names);
      break;
    case EndReason::kExpired:
      why = WhyNotExpired(ping);
      break;
    case EndReason::kHierarchy:
      why = MayHierarchy(ping) ? WhyTooSoon(ping, true, Folders(ping)) : "P2: the device has the folder list";
      break;
    case EndReason::kSuperseded:
      why = ping.rivalled ? WhyRivalsNotSlowed(ping) : "P3: superseded by nobody";
      break;
    case EndReason::kCancelled:
      why = ping.cancelled ? "" : "P3: cancelled by nobody";
      break;
    case EndReason::kRefused:
      why = WhyNotRefused(ping, refusal, bound, retry_after_s);
      break;
    case EndReason::kShed:
      why = shed_ ? "" : "P3: shed by nobody";
      break;
    case EndReason::kDrained:
      why = draining_ ? "" : "P3: drained by nobody";
      break;
    case EndReason::kFailed:
      why = ping.unread || boxes_[Index(spec.mailbox)].failed_loads > 0 ? "" : "P3: failed, and the store was well";
      break;
  }
  if (why.empty() && judged) why = WhyTooLate(ping, reason);
  if (why.empty() && ping.cancelled && reason != EndReason::kCancelled && spec.exact) why = "P3: it was cancelled";
  if (why.empty() && ping.must_refuse && reason != EndReason::kRefused && reason != EndReason::kCancelled && reason != EndReason::kFailed &&
      reason != EndReason::kDrained) {
    why = "P3: it had to be refused";
  }
  if (!why.empty()) Fail(why[1] - '0', spec.mailbox, spec.device, why + " [" + std::string(Name(reason)) + "]");
  CountEnd(ping, reason, names);
  if (reason == EndReason::kRefused && (refusal == Refusal::kMailboxFull || refusal == Refusal::kServerFull)) {
    stakes_.Count(Stake::kRefusedForRoom);
  }
  DeviceOf(spec.mailbox, spec.device).named.sure = false;
  if (judged) {
    Learn(ping, reason, names);
    Admitted(ping, reason);
  } else if (reason != EndReason::kRefused || refusal == Refusal::kRevoked) {
    // It may have been accepted, and what it asked is remembered then.
    Device& device = DeviceOf(spec.mailbox, spec.device);
    if (spec.kind == PingKind::kPing && (device.remembered != *spec.folders || device.remembered_heartbeat_s != *spec.heartbeat_s)) {
      device.remembered_known = false;
    }
  }
  Drop(number);
}

// ---- Must it have ended by now?

// Told of all this before, thrice for nothing else, and has not synced.
bool Model::MayBePaced(const Ping& ping, const std::vector<int>& behind, bool old_list) const {
  const Mailbox& box = boxes_[Index(ping.spec.mailbox)];
  const Device& device = box.devices[Index(ping.spec.device)];
  if (device.repeats < kFreeRepeats || AtLeast(device.told_at, now) > kLongestPaceMs) return false;
  if (old_list && device.told_list < box.list_low) return false;
  return std::ranges::all_of(behind, [&](int folder) {
    const Seq told = Index(folder) < device.told.size() ? device.told[Index(folder)] : 0;
    return LatestForeign(*FindFolder(ping.spec.mailbox, folder), ping.spec.device) <= told;
  });
}

// A hanging Sync of the device may just have been woken, and is not answered yet.
bool Model::OtherHangs(const PingSpec& spec) const {
  return std::ranges::any_of(boxes_[Index(spec.mailbox)].pings, [&](int number) {
    const PingSpec& other = pings_[Index(number)].spec;
    return other.device == spec.device && !other.exact;
  });
}

std::string Model::WhyOverdue(Ping& ping) {
  const PingSpec& spec = ping.spec;
  ping.waits.clear();
  const Mailbox& box = boxes_[Index(spec.mailbox)];
  if (ping.must_refuse) return "P3: it must be refused";
  if (ping.revoked || ping.cancelled) return "P3: it was revoked or cancelled";
  if (ping.rivalled || !ping.folders_known) return {};
  if (box.spread && AtLeast(box.suspected, now) < kSpreadMs) return {};
  std::vector<int> behind;
  for (const FolderRef& ref : *spec.folders) {
    if (Fits(ping, ref) && !ping.misfit && SurelyBehind(spec.mailbox, spec.device, ref.folder)) behind.push_back(ref.folder);
  }
  const bool old_list = MustHierarchy(ping);
  if (behind.empty() && !old_list) return {};
  if (MayBePaced(ping, behind, old_list) || (MayHierarchy(ping) && MayBePaced(ping, behind, true))) {
    stakes_.Count(Stake::kPaced);
    return {};
  }
  if (old_list) return "P1: a PING waits, before " + WhyHierarchy(ping);
  if (MayHierarchy(ping) && MayBePaced(ping, {}, true)) return {};
  const Device& device = box.devices[Index(spec.device)];
  for (const FolderRef& ref : *spec.folders) {
    if (std::ranges::find(behind, ref.folder) == behind.end() || MayBePaced(ping, {ref.folder}, false)) continue;
    const auto index = static_cast<std::size_t>(ref.item_class);
    const std::int64_t window = profile_.coalesce_ms[index];
    if (window > 0 && OtherHangs(spec)) continue;
    ping.waits.emplace_back(ref.folder, LatestForeign(*FindFolder(spec.mailbox, ref.folder), spec.device));
    const std::int64_t tick = profile_.drift_ppm == 0 ? 0 : kTickMs;
    if (window == 0 || !device.woken_perhaps[index] || AtLeast(*device.woken_perhaps[index], now) > window + tick) {
      return "P6: its device is behind in " + Id(ref.folder) + ", and it waits";
    }
  }
  stakes_.Count(Stake::kWaitsForWindow);
  return {};
}

void Model::CheckHeld(int mailbox, bool readable) {
  if (!readable || violation_) return;
  for (const int number : boxes_[Index(mailbox)].pings) {
    Ping& ping = pings_[Index(number)];
    if (!ping.spec.exact) continue;
    std::string why = WhyOverdue(ping);
    if (!why.empty()) return Fail(why[1] - '0', mailbox, ping.spec.device, why + " [held]");
  }
}

}  // namespace mailwake::sim
