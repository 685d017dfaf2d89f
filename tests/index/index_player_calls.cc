// SPDX-License-Identifier: Apache-2.0
//
// The operations: each a call of the engine, then what it means in the model, then the comparison.

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "tests/index/index_player.h"

namespace mailwake::testing {
namespace {

DeviceModel& DeviceOf(PingModel& ping) { return ping.mailbox->devices[static_cast<std::size_t>(ping.device)]; }

}  // namespace

Operation& IndexPlayer::Note(MailboxModel& box, const char* what, DeviceIndex device, const char* more) {
  last_ = &box;
  Operation& operation = box.history.Add();
  operation.number = ++operations_;
  operation.at = now_;
  operation.what = what;
  operation.device = device;
  operation.more = more;
  return operation;
}

void IndexPlayer::Advance(Duration step) {
  if (failed()) return;
  ++operations_;
  now_ += step;
  Deliver(SIZE_MAX, [this] { return engine_->advance(now_); });
  for (; !deadlines_.empty() && deadlines_.top().latest <= now_; deadlines_.pop()) {
    const auto& [latest, ping, id] = deadlines_.top();
    if (ping->held && ping->id == id) return Fail(ping->mailbox, absl::StrCat("P6: the PING of ", DeviceId(ping->device), " is overdue"));
  }
}

// ---- PINGs

void IndexPlayer::Hold(MailboxModel& box, DeviceIndex device, PingKind kind, const Asked& asked) {
  if (failed()) return;
  DeviceModel& holder = box.devices[static_cast<std::size_t>(device)];
  const bool remembers = kind == PingKind::kPing;
  const std::chrono::seconds heartbeat = asked.heartbeat.value_or(remembers ? holder.heartbeat : std::chrono::seconds(0));
  Operation& operation = Note(box, kind == PingKind::kPing ? "Hold" : "Hold (hanging sync)", device, " heartbeat");
  operation.value = heartbeat.count();

  PingModel& ping = NewPing();
  ping.mailbox = &box;
  ping.device = device;
  ping.kind = kind;
  ping.folders.clear();
  if (asked.folders) {
    ping.folders = *asked.folders;
  } else if (remembers) {
    ping.folders = holder.remembered;
  }
  operation.SetFolders(ping.folders);
  ping.earliest = now_ + heartbeat;
  ping.latest = ping.earliest + std::chrono::seconds(1);

  PingRequest request{.mailbox = box.id, .device = DeviceId(device), .heartbeat = asked.heartbeat, .kind = kind};
  std::vector<std::string> names;  // of folders in which nothing ever happens; there is room for those that are held and remembered
  if (asked.folders) {
    request.folders.emplace();
    for (const Number folder : *asked.folders) request.folders->push_back({FolderId(folder), ClassOf(folder)});
    if (box.devices.size() <= kFew && Chance(box.folders > 63 ? 60 : 10)) names.resize(1 + Below(box.devices.size() < 3 ? 8 : 4));
    for (std::string& name : names) {
      name = absl::StrCat("passing-", ++names_);
      request.folders->push_back({name, ItemClass::kEmail});
    }
    if (!names.empty()) operation.more = " and folders in passing, heartbeat";
  }
  ping.id = engine_->Hold(request, [&ping](const PingEnd& end) { ping.player->Ended(ping, end); });
  if (ping.id.value == 0) return Fail(&box, "Hold gave no id");

  const PingModel* const older = holder.waiting(kind);
  if (heartbeat.count() == 0 || ping.folders.empty()) {
    ++situations_[Situation::kNothingRemembered];
    Force(ping, EndReason::kRefused, Refusal::kMissingParameters);
  } else if (box.waiting.size() - (older == nullptr ? 0 : 1) >= options_.limits.pings_per_mailbox) {
    ++situations_[Situation::kMailboxFull];
    Force(ping, EndReason::kRefused, Refusal::kMailboxFull);
  } else {
    Accept(ping, asked);
  }
  Settle(box);
}

void IndexPlayer::Accept(PingModel& ping, const Asked& asked) {
  MailboxModel& box = *ping.mailbox;
  DeviceModel& holder = DeviceOf(ping);
  if (PingModel* older = holder.waiting(ping.kind); older != nullptr) Supersede(*older);
  box.Enter(ping);
  deadlines_.push({ping.latest, &ping, ping.id});
  if (!asked.folders) {
    ++situations_[Situation::kRemembered];
    if (holder.remembered_at < box.loads) ++situations_[Situation::kRememberedReadAgain];
  }
  if (ping.kind == PingKind::kPing) {
    holder.heartbeat = std::chrono::duration_cast<std::chrono::seconds>(ping.earliest - now_);
    holder.remembered = ping.folders;
    holder.remembered_at = box.loads;
  }
  if (ping.folders.size() > 63) ++situations_[Situation::kWatchesOver63];
  if (!box.Behind(ping)) return;
  ++situations_[Situation::kBehindWhenHeld];
  Due(ping);
}

void IndexPlayer::Supersede(PingModel& older) {
  DeviceModel& holder = DeviceOf(older);
  if (now_ - holder.rival_time >= std::chrono::seconds(15)) holder.rivals = 0;
  ++holder.rivals;
  holder.rival_time = now_;
  ++situations_[Situation::kSuperseded];
  if (older.due) ++situations_[Situation::kSupersededDecided];
  if (older.mailbox->waiting.size() >= kVeryMany) ++situations_[Situation::kSupersededOfVeryMany];
  Force(older, EndReason::kSuperseded);
}

void IndexPlayer::Cancel(PingModel& ping) {
  if (failed()) return;
  MailboxModel& box = *ping.mailbox;
  Note(box, "Cancel", ping.device);
  const bool expected = ping.forced != EndReason::kCancelled;
  if (ping.due && expected) ++situations_[Situation::kCancelOfDecided];
  if (engine_->Cancel(ping.id) != expected) return Fail(&box, absl::StrCat("Cancel did not say ", expected));
  Force(ping, EndReason::kCancelled);
  Settle(box);
}

// Its PING has ended, or there never was one; its place may be another's now.
void IndexPlayer::CancelStale(MailboxModel& box, MailboxModel::Ended ended) {
  if (failed()) return;
  Note(box, "Cancel (stale)", ended.device);
  ++situations_[Situation::kStaleCancel];
  if (ended.device != kNobody && box.devices[static_cast<std::size_t>(ended.device)].waiting(ended.kind) != nullptr) {
    ++situations_[Situation::kStaleCancelMeetsNext];
  }
  if (engine_->Cancel(ended.id)) return Fail(&box, "P3: Cancel ended a PING by an id whose PING had ended");
  Settle(box);
}

void IndexPlayer::EndDevice(MailboxModel& box, DeviceIndex device) {
  if (failed()) return;
  Note(box, "EndDevice", device);
  std::size_t expected = 0;
  for (PingModel* ping : box.devices[static_cast<std::size_t>(device)].waits) {
    if (ping == nullptr) continue;
    ++expected;
    Force(*ping, EndReason::kRefused, Refusal::kRevoked);
  }
  const std::size_t ended = engine_->EndDevice(box.id, DeviceId(device));
  if (ended != expected) return Fail(&box, absl::StrCat("EndDevice ended ", ended, " PINGs of ", expected));
  if (ended > 0) ++situations_[Situation::kDeviceEnded];
  Settle(box);
}

void IndexPlayer::EndMailbox(MailboxModel& box) {
  if (failed()) return;
  Note(box, "EndMailbox");
  const std::size_t expected = box.waiting.size();
  while (!box.waiting.empty()) Force(*box.waiting.back(), EndReason::kRefused, Refusal::kRevoked);
  const std::size_t ended = engine_->EndMailbox(box.id);
  if (ended != expected) return Fail(&box, absl::StrCat("EndMailbox ended ", ended, " PINGs of ", expected));
  if (ended > 0) ++situations_[Situation::kMailboxEnded];
  if (ended >= kVeryMany) ++situations_[Situation::kVeryManyEnded];
  Settle(box);
}

// ---- Changes

void IndexPlayer::Publish(const std::vector<Happened>& happened) {
  if (failed()) return;
  std::vector<Change> changes;
  std::uint64_t number = 0;
  for (const Happened& happening : happened) {
    Operation& operation = Note(*happening.box, "Publish", happening.by, happened.size() > 1 ? " in a batch" : "");
    operation.SetFolders({happening.folder});
    if (number == 0) number = operation.number;
    operation.number = operations_ = number;  // one call, one operation
    Change& change = changes.emplace_back();
    change.mailbox = happening.box->id;
    change.folder = FolderId(happening.folder);
    change.item_class = ClassOf(happening.folder);
    change.kind = static_cast<ChangeKind>(Below(kChangeKinds));
    if (happening.by != kNobody) change.device = DeviceId(happening.by);
  }
  const bool clean = due_.empty();  // what ends now ends by this
  const std::size_t before = happened[0].box->waiting.size();
  bool own = false;
  engine_->Publish(changes, Answer());
  for (const auto& [box, folder, by] : happened) {
    box->Change(folder, by);
    for (PingModel* ping : box->waiting) {
      if (!ping->Watches(folder)) continue;
      own |= ping->device == by;
      if (!box->Behind(ping->device, folder)) continue;
      Due(*ping);
      const PingModel* other = box->devices[static_cast<std::size_t>(ping->device)].waiting(PingKind::kSync);
      if (other != nullptr && other != ping && other->Watches(folder)) ++situations_[Situation::kBothOfADevice];
    }
  }
  CheckAnswered(*happened[0].box);
  if (!Settle(*happened[0].box) || !clean) return;
  if (woken_in_several_) ++situations_[Situation::kBatchWakesInSeveral];
  if (happened.size() > 1) return;
  if (before >= kVeryMany && woken_ == 0) ++situations_[Situation::kNobodyOfVeryMany];
  if (before >= kVeryMany && woken_ == 1) ++situations_[Situation::kOneOfVeryMany];
  if (woken_ >= kVeryMany) ++situations_[Situation::kVeryManyAtOnce];
  if (own) ++situations_[woken_ > 0 ? Situation::kOwnChangeWakesOthers : Situation::kOwnChangeWakesNobody];
}

// ---- Syncs

Ticket IndexPlayer::BeginSync(MailboxModel& box, DeviceIndex device) {
  if (failed()) return {};
  Note(box, "BeginSync", device);
  const Ticket ticket{engine_->BeginSync(box.id, DeviceId(device)).version, box.sequence()};
  Settle(box);
  return ticket;
}

void IndexPlayer::EndSync(MailboxModel& box, DeviceIndex device, Ticket ticket, const Folders& folders) {
  if (failed()) return;
  Operation& operation = Note(box, "EndSync", device, ticket.sequence < box.sequence() ? " changes since its beginning:" : "");
  operation.value = static_cast<std::int64_t>(box.sequence() - ticket.sequence);
  operation.SetFolders(folders);
  std::vector<std::string_view> ids;
  for (const Number folder : folders) ids.push_back(FolderId(folder));
  const std::vector<Sequence>& cursors = box.devices[static_cast<std::size_t>(device)].cursors;
  const bool newer = std::any_of(folders.begin(), folders.end(), [&](Number folder) { return cursors[folder] > ticket.sequence; });
  const bool was_behind = !box.BehindIn(device, folders).empty();
  engine_->EndSync(SyncTicket{box.id, DeviceId(device), ticket.version}, ids, Answer());
  box.Synced(device, ticket.sequence, folders);
  CheckAnswered(box);
  if (was_behind && !box.BehindIn(device, folders).empty()) ++situations_[Situation::kOldTicketTooOld];
  if (newer) ++situations_[Situation::kTicketOfOlderSync];
  for (const PingModel* ping : box.devices[static_cast<std::size_t>(device)].waits) {
    if (ping != nullptr && ping->due && !box.Behind(*ping)) ++situations_[Situation::kSyncTakesWakeBack];
  }
  Settle(box);
}

void IndexPlayer::ResetCursor(MailboxModel& box, DeviceIndex device, Number folder) {
  if (failed()) return;
  Note(box, "ResetCursor", device).SetFolders({folder});
  DeviceModel& resetting = box.devices[static_cast<std::size_t>(device)];
  const bool clean = due_.empty();
  engine_->ResetCursor(box.id, DeviceId(device), FolderId(folder), Answer());
  resetting.cursors[folder] = 0;
  for (PingModel* ping : resetting.waits) {
    if (ping != nullptr && ping->Watches(folder) && box.Behind(device, folder)) Due(*ping);
  }
  CheckAnswered(box);
  if (Settle(box) && clean && woken_ > 0) ++situations_[Situation::kResetWakes];
}

// The store answers inside the call, so each completion runs inside it too.
Engine::DoneCallback IndexPlayer::Answer() {
  answers_ = 0;
  return [this](const absl::Status& status) {
    ++answers_;
    if (!status.ok()) Fail(last_, absl::StrCat("the call failed: ", status.ToString()));
  };
}

void IndexPlayer::CheckAnswered(MailboxModel& box) {
  if (answers_ != 1) Fail(&box, absl::StrCat("the call was answered ", answers_, " times"));
}

}  // namespace mailwake::testing
