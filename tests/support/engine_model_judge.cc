// SPDX-License-Identifier: Apache-2.0
//
// The verdicts: may a PING end so, must one have ended by now.

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>

#include "tests/support/engine_model.h"

namespace mailwake::testing {
namespace {

// A device's PINGs that replace each other faster than this many times are slowed.
constexpr int kFreeSupersedes = 3;

bool Names(const std::vector<std::string>& folders, const std::string& folder) {
  return std::find(folders.begin(), folders.end(), folder) != folders.end();
}

}  // namespace

// ---- May it end so? --------------------------------------------------------------------------------------------------------------------

std::string EngineModel::WhyNotChanged(const ModelMailbox& box, const ModelPing& ping, const Ended& end) {
  if (end.folders.empty()) return "it names no folder";
  if (std::set<std::string>(end.folders.begin(), end.folders.end()).size() != end.folders.size()) return "it names a folder twice";
  for (const std::string& folder : end.folders) {
    const bool watched = std::any_of(ping.folders.begin(), ping.folders.end(), [&](const auto& entry) { return entry.first == folder; });
    if (!watched) return "P2: it names " + folder + " which it does not watch";
    if (FirstBehind(box, ping.spec.device, folder) == 0) return "P2: it names " + folder + " in which the device is not behind";
  }
  for (const auto& [folder, item_class] : ping.folders) {
    if (SurelyBehind(box, ping.spec.device, folder, false) && !Names(end.folders, folder)) {
      return "it does not name " + folder + " in which the device is behind";
    }
  }
  if (MustHierarchy(box, ping)) return "the folder list comes first";
  if (!MayWakeNow(box, ping, end.folders)) return "P7: the window of its class is open";
  return {};
}

std::string EngineModel::WhyNotResync(const ModelMailbox& box, const ModelPing& ping, const Ended& end) const {
  std::set<std::string> watched;
  bool suspected = false;
  for (const auto& [folder, item_class] : ping.folders) {
    watched.insert(folder);
    suspected = suspected || FirstBehind(box, ping.spec.device, folder, true) != 0;
  }
  if (!suspected) return "nothing that it watches is suspected";
  if (watched != std::set<std::string>(end.folders.begin(), end.folders.end())) return "a resync names all that is watched";
  return {};
}

std::string EngineModel::WhyNotRefused(const ModelPing& ping, const Ended& end) const {
  if (end.refusal == Refusal::kRevoked) return ping.revoked ? "" : "nobody revoked it";
  if (!ping.must_refuse.contains(end.refusal) && !ping.may_refuse.contains(end.refusal)) {
    return absl::StrCat("nothing is ", std::string(Name(end.refusal)), ", bound ", end.bound);
  }
  auto bound_is = [&](auto bound) { return end.bound == static_cast<std::int64_t>(bound); };
  const bool retries = end.retry_after >= options_.retry_after && end.retry_after <= 2 * options_.retry_after;
  const Limits& limits = options_.limits;
  switch (end.refusal) {
    case Refusal::kHeartbeatTooShort:
      return bound_is(options_.heartbeat_min.count()) ? "" : "wrong bound";
    case Refusal::kHeartbeatTooLong:
      return bound_is(options_.heartbeat_max.count()) ? "" : "wrong bound";
    case Refusal::kTooManyFolders:
      return bound_is(limits.folders_per_ping) ? "" : "wrong bound";
    case Refusal::kServerFull:
      return bound_is(limits.pings) && retries ? "" : absl::StrCat("wrong bound ", end.bound, " or retry time");
    case Refusal::kMailboxFull:
      return (bound_is(limits.pings_per_mailbox) || bound_is(limits.devices_per_mailbox) || bound_is(limits.folders_per_mailbox) ||
              bound_is(limits.deferred_per_mailbox)) &&
                     retries
                 ? ""
                 : "wrong bound or retry time";
    default:
      return {};
  }
}

std::string EngineModel::WhyNotExpired(const ModelMailbox& box, const ModelPing& ping) const {
  if (world_.now() < ping.earliest) return "P6: its heartbeat has not ended";
  for (const auto& [folder, item_class] : ping.folders) {
    if (SurelyBehind(box, ping.spec.device, folder)) return "P1: the device is behind in " + folder;
  }
  return MustHierarchy(box, ping) ? "P1: the folder list has changed" : "";
}

std::string EngineModel::WhyNot(const ModelMailbox& box, const ModelPing& ping, const Ended& end) {
  const bool going = ping.superseded || ping.revoked || ping.cancelled;
  if (!ping.must_refuse.empty() && end.reason != EndReason::kRefused && !ping.cancelled && !ping.drained) {
    return "it must be refused";
  }
  if (end.reason != EndReason::kRefused && !end.folders.empty() && end.reason != EndReason::kChanged && end.reason != EndReason::kResync) {
    return "only changed and resync name folders";
  }
  switch (end.reason) {
    case EndReason::kChanged:
      return going ? "it was to end in another way" : WhyNotChanged(box, ping, end);
    case EndReason::kResync:
      return going ? "it was to end in another way" : WhyNotResync(box, ping, end);
    case EndReason::kExpired:
      return going ? "it was to end in another way" : WhyNotExpired(box, ping);
    case EndReason::kHierarchy:
      return MayHierarchy(box, ping) && !going ? "" : "the device has the folder list";
    case EndReason::kSuperseded:
      return ping.superseded || ping.perhaps_superseded ? "" : "no newer PING of the device";
    case EndReason::kCancelled:
      return ping.cancelled ? "" : "Cancel did not win";
    case EndReason::kRefused:
      return WhyNotRefused(ping, end);
    case EndReason::kShed:
      return ping.shed && shed_ > 0 ? "" : "nobody asked for it";
    case EndReason::kDrained:
      return ping.drained ? "" : "nobody asked for it";
    case EndReason::kFailed:
      if (!ping.unread) return "its mailbox has been read";
      return LoadFailed(ping) || world_.now() >= ping.earliest ? "" : "the store was well";
  }
  return "no such reason";
}

void EngineModel::Judge(const Ended& end) {
  auto found = held_.find(end.ping.number);
  ASSERT_NE(found, held_.end()) << "PING " << end.ping.number << " is not held";
  ModelPing& ping = found->second;
  ModelMailbox& box = mailboxes_[ping.spec.mailbox];
  latest_now_ = std::max(latest_now_, world_.now());
  CheckAnswers(false);  // a PING held inside a callback may end after a call that failed since
  ReadNow(ping.spec.mailbox);
  if (!ping.unread && ping.must_refuse.empty() && end.reason != EndReason::kRefused) Accept(ping);
  const std::string why_not = WhyNot(box, ping, end);
  EXPECT_TRUE(why_not.empty()) << "PING " << end.ping.number << " of " << ping.spec.mailbox << " " << ping.spec.device << " ended "
                               << Name(end.reason) << " " << Name(end.refusal) << " {" << absl::StrJoin(end.folders, " ")
                               << "}: " << why_not << Stored(ping);
  Count(box, ping, end);
  Learn(box, ping, end);
  if (end.reason == EndReason::kShed) --shed_;
  held_.erase(found);
}

void EngineModel::Learn(ModelMailbox& box, const ModelPing& ping, const Ended& end) {
  ModelDevice& device = box.devices[ping.spec.device];
  if (end.reason == EndReason::kSuperseded) ++device.superseded;
  if (end.reason == EndReason::kHierarchy) {
    if (device.told_list >= HierarchyOf(box).low) ++device.repeats;
    device.told_list = HierarchyOf(box).high;
    // It names none, but is a wake for all.
    for (const auto& [folder, item_class] : ping.folders) device.told[folder] = seq_;
  }
  if (end.reason != EndReason::kChanged && end.reason != EndReason::kResync) return;
  bool news = false;
  for (const std::string& folder : end.folders) news = news || device.told[folder] < LatestForeign(box, ping.spec.device, folder);
  if (!news) ++device.repeats;
  for (const std::string& folder : end.folders) device.told[folder] = seq_;
  for (const auto& [folder, item_class] : ping.folders) {
    if (!Names(end.folders, folder)) continue;
    const auto index = static_cast<std::size_t>(item_class);
    device.wake_perhaps[index] = latest_now_;
    if (end.reason == EndReason::kResync || forgetful_) continue;
    device.wake_surely[index] = world_.now();
    device.wake_seq[index] = seq_;
  }
}

void EngineModel::Count(const ModelMailbox& box, const ModelPing& ping, const Ended& end) {
  ++situations_[absl::StrCat("ended ", std::string(Name(end.reason)))];
  if (end.reason == EndReason::kRefused) ++situations_[absl::StrCat("refused: ", std::string(Name(end.refusal)))];
  if (ping.spec.kind == PingKind::kSync && end.reason == EndReason::kChanged) ++situations_["a hanging sync is woken"];
  if (end.reason != EndReason::kChanged) return;
  const Time now = world_.now();
  if (now == ping.held) ++situations_["behind already when held"];
  if (now >= ping.earliest) ++situations_["woken when the heartbeat ends"];
  if (end.folders.size() > 1) ++situations_["woken by several folders"];
  for (const auto& [folder, item_class] : ping.folders) {
    const auto index = static_cast<std::size_t>(item_class);
    const auto& wake = box.devices.at(ping.spec.device).wake_surely[index];
    if (options_.coalesce[index] > 0ms && wake && now == *wake + options_.coalesce[index]) ++situations_["woken when a window ends"];
  }
}

// What the disk says, for the message of a failure.
std::string EngineModel::Stored(const ModelPing& ping) const {
  const MailboxRecord& record = world_.store().stored(ping.spec.mailbox);
  std::string text = absl::StrCat("\non disk: folder list ", record.hierarchy, record.declared ? " declared" : "");
  for (const FolderRecord& folder : record.folders) {
    absl::StrAppend(&text, "\n  ", folder.id, " version ", folder.version, " other ", folder.other, " by '", folder.origin, "'");
  }
  for (const DeviceRecord& other : record.devices) absl::StrAppend(&text, "\n  there is ", other.id);
  if (!Loading(ping.spec.mailbox)) {
    absl::StrAppend(&text, "\n  it waits because ", world_.engine().Explain(ping.spec.mailbox, ping.spec.device).why);
  }
  absl::StrAppend(&text, "\n  told nothing new ", mailboxes_.at(ping.spec.mailbox).devices.at(ping.spec.device).repeats, " times");
  const DeviceRecord* device = world_.store().stored_device(ping.spec.mailbox, ping.spec.device);
  if (device == nullptr) return text;
  absl::StrAppend(&text, "\n  ", device->id, " has folder list ", device->hierarchy_cursor.value_or(0));
  for (const CursorRecord& cursor : device->cursors) absl::StrAppend(&text, ", ", cursor.folder, " to ", cursor.cursor);
  return text;
}

// ---- Must it have ended by now? --------------------------------------------------------------------------------------------------------

std::string EngineModel::WhyOverdue(const ModelMailbox& box, const ModelPing& ping) {
  const Time now = world_.now();
  const ModelDevice& device = box.devices.at(ping.spec.device);
  if (now > (ping.unread ? ping.latest_unread : ping.latest)) return "P6: its heartbeat has ended";
  if (!ping.must_refuse.empty()) return "it must be refused";
  if (ping.superseded && device.superseded < kFreeSupersedes) return "a newer PING of the device is held";
  if (ping.superseded) return {};
  if (ping.revoked || ping.cancelled) return "it was revoked or cancelled";
  if (ping.drained) return {};
  if (ping.unread) {
    ++situations_["held while its mailbox loads"];
    return Loading(ping.spec.mailbox) ? "" : "its mailbox has been read";
  }
  std::vector<std::string> behind;
  for (const auto& [folder, item_class] : ping.folders) {
    if (Fits(box, folder, item_class) && SurelyBehind(box, ping.spec.device, folder, false)) behind.push_back(folder);
  }
  const bool old_list = MustHierarchy(box, ping);
  const bool perhaps_old_list = MayHierarchy(box, ping);
  if (behind.empty() && !old_list) return {};
  if (MayBePaced(box, ping, behind, old_list) || (perhaps_old_list && MayBePaced(box, ping, behind, true))) {
    ++situations_[old_list ? "a PING with an old folder list is paced" : "a PING is paced"];
    return {};
  }
  if (old_list) return "the folder list has changed";
  for (const auto& [folder, item_class] : ping.folders) {
    const auto index = static_cast<std::size_t>(item_class);
    const std::optional<Time> wake = device.wake_perhaps[index];
    if (MayBePaced(box, ping, {folder}, false)) continue;
    if (Names(behind, folder) && (!wake || now >= *wake + options_.coalesce[index])) return "the device is behind in " + folder;
  }
  ++situations_["a change waits for a window"];
  return {};
}

void EngineModel::CheckHeld() {
  latest_now_ = std::max(latest_now_, world_.now());
  CheckAnswers(false);
  for (auto& [number, ping] : held_) {
    ReadNow(ping.spec.mailbox);
    if (!ping.unread && ping.must_refuse.empty()) Accept(ping);
    ping.shed = false;
  }
  for (auto& [number, ping] : held_) {
    const std::string overdue = WhyOverdue(mailboxes_[ping.spec.mailbox], ping);
    EXPECT_TRUE(overdue.empty()) << "PING " << number << " of " << ping.spec.mailbox << " " << ping.spec.device
                                 << " is still held: " << overdue << Stored(ping)
                                 << "\nthe engine says: " << world_.engine().Explain(ping.spec.mailbox, ping.spec.device).why;
  }
  EXPECT_EQ(shed_, 0u) << "Shed said more than it ended";
  CheckReports();
}

void EngineModel::CheckReports() {
  const bool leaving = std::any_of(held_.begin(), held_.end(), [](const auto& held) { return held.second.superseded; });
  if (!leaving) {
    EXPECT_EQ(world_.engine().stats().pings_held, held_.size());
  }
}

void EngineModel::CheckExplanation(std::size_t number) {
  const ModelPing& ping = held_.at(number);
  const ModelMailbox& box = mailboxes_[ping.spec.mailbox];
  if (ping.superseded || ping.spec.kind == PingKind::kSync || Loading(ping.spec.mailbox) || box.blurred) return;
  const Explanation explanation = world_.engine().Explain(ping.spec.mailbox, ping.spec.device);
  EXPECT_TRUE(explanation.in_memory);
  ASSERT_TRUE(explanation.waiting);
  EXPECT_EQ(explanation.waiting->id, world_.id({number}));
  EXPECT_FALSE(explanation.why.empty());
  for (const Explanation::Folder& folder : explanation.folders) {
    EXPECT_TRUE(!folder.behind || FirstBehind(box, ping.spec.device, folder.id) != 0) << "explained as behind in " << folder.id;
    EXPECT_TRUE(folder.behind || !SurelyBehind(box, ping.spec.device, folder.id, false)) << "explained as not behind in " << folder.id;
  }
}

void EngineModel::CheckList(const std::string& mailbox, const FolderList& list) {
  const ModelMailbox& box = mailboxes_[mailbox];
  if (box.blurred) return;
  EXPECT_EQ(list.declared, box.declared);
  EXPECT_TRUE(list.folders == box.list) << "the folder list of " << mailbox << " is not the declared one";
}

}  // namespace mailwake::testing
