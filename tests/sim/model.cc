// SPDX-License-Identifier: Apache-2.0
//
// What the model is told: lives and changes.

#include "tests/sim/model.h"

#include <algorithm>

namespace mailwake::sim {

Model::Model(const Profile& profile, const Time& clock, History& history, Stakes& stakes)
    : true_now(clock),
      profile_(profile),
      history_(history),
      stakes_(stakes),
      forgetful_(profile.limits.idle_mailboxes < 1'000 || profile.limits.memory_bytes != Limits{}.memory_bytes),
      few_devices_(profile_.limits.devices_per_mailbox < static_cast<std::size_t>(profile_.devices_most)),
      boxes_(static_cast<std::size_t>(profile.mailboxes)) {}

void Model::Fail(int promise, int mailbox, int device, std::string text) {
  if (!violation_) violation_ = Violation{promise, mailbox, device, std::move(text)};
}

// ---- Look-ups

Model::Mark& Model::MarkOf(Folder& folder, int origin) {
  for (Mark& mark : folder.marks) {
    if (mark.origin == origin) return mark;
  }
  return folder.marks.emplace_back(Mark{.origin = origin});
}

Model::Folder& Model::FolderOf(int mailbox, int folder) {
  auto& folders = boxes_[Index(mailbox)].folders;
  if (folders.size() <= Index(folder)) folders.resize(Index(folder) + 1);
  return folders[Index(folder)];
}

const Model::Folder* Model::FindFolder(int mailbox, int folder) const {
  const auto& folders = boxes_[Index(mailbox)].folders;
  return Index(folder) < folders.size() ? &folders[Index(folder)] : nullptr;
}

Model::Device& Model::DeviceOf(int mailbox, int device) {
  auto& devices = boxes_[Index(mailbox)].devices;
  if (devices.size() <= Index(device)) devices.resize(Index(device) + 1);
  return devices[Index(device)];
}

Model::Cursor& Model::CursorOf(int mailbox, int device, int folder) {
  auto& cursors = DeviceOf(mailbox, device).cursors;
  if (cursors.size() <= Index(folder)) cursors.resize(Index(folder) + 1);
  return cursors[Index(folder)];
}

const Model::Cursor* Model::FindCursor(int mailbox, int device, int folder) const {
  const auto& devices = boxes_[Index(mailbox)].devices;
  if (Index(device) >= devices.size() || Index(folder) >= devices[Index(device)].cursors.size()) return nullptr;
  return &devices[Index(device)].cursors[Index(folder)];
}

// The highest by anybody but the device, surely.
Seq Model::LatestForeign(const Folder& folder, int device) {
  Seq latest = 0;
  for (const Mark& mark : folder.marks) {
    if (mark.origin != device || mark.origin == kNobody) latest = std::max(latest, mark.live);
  }
  return latest;
}

bool Model::SurelyBehind(int mailbox, int device, int folder) const {
  const Mailbox& box = boxes_[Index(mailbox)];
  const Folder* facts = FindFolder(mailbox, folder);
  if (facts == nullptr || box.lists_pending > 0) return false;
  if (box.declared && std::ranges::none_of(box.list, [&](const FolderRef& ref) { return ref.folder == folder; })) return false;
  const Cursor* cursor = FindCursor(mailbox, device, folder);
  return LatestForeign(*facts, device) > (cursor == nullptr ? 0 : cursor->high);
}

bool Model::MaybeBehind(int mailbox, int device, int folder) const {
  const Folder* facts = FindFolder(mailbox, folder);
  const Cursor* cursor = FindCursor(mailbox, device, folder);
  const Seq low = cursor == nullptr ? 0 : cursor->low;
  if (suspect_all_ > low) return true;
  if (facts == nullptr) return false;
  return std::ranges::any_of(facts->marks,
                             [&](const Mark& mark) { return (mark.origin != device || mark.origin == kNobody) && mark.maybe > low; }) ||
         facts->suspect > low;
}

bool Model::AnyoneBehind(int mailbox) const {
  const Mailbox& box = boxes_[Index(mailbox)];
  for (std::size_t device = 0; device < box.devices.size(); ++device) {
    for (std::size_t folder = 0; folder < box.folders.size(); ++folder) {
      if (SurelyBehind(mailbox, static_cast<int>(device), static_cast<int>(folder))) return true;
    }
  }
  return false;
}

// ---- Lives

void Model::Opened() {
  draining_ = false;
  shed_ = false;
  for (Mailbox& box : boxes_) box.spread = false;
}

void Model::Closed(bool clean) {
  if (clean) Quiet();
  for (std::size_t number = 0; number < boxes_.size(); ++number) {
    Mailbox& box = boxes_[number];
    if (!clean && AnyoneBehind(static_cast<int>(number))) stakes_.Count(Stake::kBehindAtCrash);
    while (!box.pings.empty()) Drop(box.pings.back());
    for (Folder& folder : box.folders) {
      for (Mark& mark : folder.marks) mark.live = clean ? mark.live : mark.acked;
      if (!clean) folder.item_class = folder.acked_class;
      folder.any_class |= !clean;
    }
    for (Device& device : box.devices) {
      for (Cursor& cursor : device.cursors) {
        while (!clean && !cursor.moves.empty() && cursor.moves.back().first > quiet_) cursor.moves.pop_back();
        if (profile_.acknowledge == Acknowledge::kPing) cursor.moves.clear();  // what PINGs acknowledge is not written
        cursor.low = cursor.moves.empty() ? 0 : cursor.moves.back().second;
      }
      if (!clean && device.list_moved > quiet_) device.list_low = 0;
      if (!clean && device.list_known && *device.list_known > quiet_) device.list_known.reset();
      if (!clean && device.remembered_at > quiet_) device.remembered_known = false;
      device.told.clear();
      device.told_list = 0;
      device.repeats = 0;
      device.repeated = {};
      device.named = {};
      device.superseded.clear();
      device.woken = device.woken_perhaps = {};
    }
  }
}

void Model::LoadFailed(int mailbox) { ++boxes_[Index(mailbox)].failed_loads; }

// A device that was not seen for long may have been forgotten: it is then behind in everything.
void Model::MayForget(Device& device) {
  const std::int64_t age_ms = profile_.age_out_h * 3'600'000;
  if (age_ms > 0 && device.seen.mark != 0 && AtMost(device.seen, now) > age_ms * 7 / 10) {
    stakes_.Count(Stake::kMaybeAged);
    device.list_known.reset();
    device.list_low = 0;
    device.remembered_known = false;
    device.repeated = {};
    for (Cursor& cursor : device.cursors) {
      cursor.low = 0;
      cursor.moves.clear();
    }
  }
}

// The device syncs, or starts over.
void Model::Active(Device& device) {
  device.repeated = {};
  device.named.sure = false;
}

// ---- Changes

// What is at stake for those who wait or will come.
void Model::Touch(int mailbox, int folder, int origin) {
  for (const int number : boxes_[Index(mailbox)].pings) {
    Ping& ping = pings_[Index(number)];
    if (ping.spec.device == origin || !ping.spec.folders) continue;
    if (std::ranges::any_of(*ping.spec.folders, [&](const FolderRef& ref) { return ref.folder == folder; })) ping.touched = true;
  }
}

Seq Model::Published(int mailbox, int folder, int origin, ItemClass item_class, bool loaded, Seq first, bool host_version) {
  Folder& facts = FolderOf(mailbox, folder);
  Mailbox& box = boxes_[Index(mailbox)];
  const Seq seq = ++seq_;
  history_.Add({.time = true_now,
                .what = What::kPublish,
                .mailbox = static_cast<std::int16_t>(mailbox),
                .device = static_cast<std::int16_t>(origin),
                .folder = static_cast<std::int16_t>(folder),
                .a = seq,
                .b = host_version ? first : 0});
  if (!loaded) stakes_.Count(Stake::kPublishMetLoading);
  const bool list_in_doubt = box.lists_pending > 0;
  // A change that comes before the list which tells of its folder, or of its new class: until that has come the list is in doubt.
  if (box.declared && !Listed(box, {folder, item_class})) {
    box.lists_pending = std::max(box.lists_pending, 1);
    box.list_doubtful = true;
  }
  if (facts.item_class && *facts.item_class != item_class) {
    // Another folder takes the place of this one.
    box.list_high = seq;
    if (loaded && !list_in_doubt) box.list_low = seq;  // else a list that is on its way may have done it before
    facts.marks.clear();
    if (list_in_doubt) {
      MarkOf(facts, kNobody).maybe = seq;
    } else {
      origin = kNobody;
    }
    for (Device& device : box.devices) {
      if (device.cursors.size() <= Index(folder)) continue;
      device.cursors[Index(folder)].low = 0;
      device.cursors[Index(folder)].moves.clear();
    }
  } else if (facts.any_class || !facts.item_class) {
    box.list_high = seq;  // it may have had another
    Mark& nobody = MarkOf(facts, kNobody);
    nobody.maybe = std::max(nobody.maybe, seq);
    for (Device& device : box.devices) {
      if (device.cursors.size() <= Index(folder)) continue;
      device.cursors[Index(folder)].low = 0;
      device.cursors[Index(folder)].moves.clear();
    }
  }
  Mark& mark = MarkOf(facts, origin);
  mark.maybe = seq;
  if (loaded) {
    mark.live = std::max(mark.live, host_version && first != 0 ? first : seq);
    facts.item_class = item_class;
    facts.any_class = false;
    facts.exists = true;
  } else {
    facts.any_class = true;
    facts.item_class.reset();
  }
  Touch(mailbox, folder, origin);
  return seq;
}

void Model::PublishAnswered(int mailbox, int folder, int origin, ItemClass item_class, Seq first, Seq attempt, bool host_version, bool ok) {
  history_.Add({.time = true_now,
                .what = ok ? What::kPublished : What::kPublishFailed,
                .mailbox = static_cast<std::int16_t>(mailbox),
                .folder = static_cast<std::int16_t>(folder),
                .a = attempt});
  if (!ok) return;
  Folder& facts = FolderOf(mailbox, folder);
  const Seq sure = host_version ? first : attempt;
  Mark* mark = nullptr;
  for (Mark& each : facts.marks) {
    if (each.origin == origin && each.maybe >= attempt) mark = &each;
  }
  if (mark == nullptr) mark = &MarkOf(facts, kNobody);  // the folder has changed its class since: then it counts for all
  if (mark->maybe < attempt) return;
  mark->live = std::max(mark->live, sure);
  mark->acked = std::max(mark->acked, sure);
  facts.exists = true;
  const bool newest = std::ranges::all_of(facts.marks, [&](const Mark& each) { return each.maybe <= attempt; });
  if (!newest) return;
  facts.item_class = facts.acked_class = item_class;
  facts.any_class = false;
}

bool Model::Listed(const Mailbox& box, const FolderRef& ref) const { return std::ranges::find(box.list, ref) != box.list.end(); }

Seq Model::Declared(int mailbox, const std::vector<FolderRef>& folders) {
  Mailbox& box = boxes_[Index(mailbox)];
  const Seq seq = ++seq_;
  history_.Add({.time = true_now, .what = What::kDeclare, .mailbox = static_cast<std::int16_t>(mailbox), .a = seq, .b = folders.size()});
  const bool sure = box.lists_pending++ == 0;  // else a list that is not acknowledged may have come in between
  box.list_high = seq;
  for (const FolderRef& ref : folders) {
    if (Listed(box, ref) && sure) continue;
    if (std::ranges::find(box.tried, ref, &std::pair<FolderRef, Seq>::first) == box.tried.end()) box.tried.emplace_back(ref, seq);
    Folder& facts = FolderOf(mailbox, ref.folder);
    facts.any_class = true;
    MarkOf(facts, kNobody).maybe = seq;
    for (Device& device : box.devices) {
      if (device.cursors.size() <= Index(ref.folder)) continue;
      device.cursors[Index(ref.folder)].low = 0;
      device.cursors[Index(ref.folder)].moves.clear();
    }
  }
  for (const int number : box.pings) pings_[Index(number)].maybe_misfit = true;
  return seq;
}

void Model::DeclareAnswered(int mailbox, const std::vector<FolderRef>& folders, Seq first, Seq attempt, bool ok) {
  Mailbox& box = boxes_[Index(mailbox)];
  if (!ok) return;  // still pending: whoever asked asks again
  history_.Add({.time = true_now, .what = What::kDeclared, .mailbox = static_cast<std::int16_t>(mailbox), .a = attempt});
  box.lists_pending = 0;
  const bool changed = !box.declared || box.list != folders;
  for (const FolderRef& ref : folders) {
    Folder& facts = FolderOf(mailbox, ref.folder);
    if (!Listed(box, ref) || !box.declared) {
      Mark& mark = MarkOf(facts, kNobody);
      const bool there_before = !box.declared && facts.exists && facts.item_class == ref.item_class;
      const auto tried = std::ranges::find(box.tried, ref, &std::pair<FolderRef, Seq>::first);
      const Seq since = tried == box.tried.end() ? first : std::min(first, tried->second);
      if (!there_before && !box.list_doubtful) mark.live = mark.acked = std::max(mark.acked, since);
      mark.maybe = std::max(mark.maybe, attempt);
    }
    facts.item_class = facts.acked_class = ref.item_class;
    facts.any_class = false;
    facts.exists = true;
  }
  for (std::size_t number = 0; number < box.folders.size(); ++number) {
    if (std::ranges::any_of(folders, [&](const FolderRef& ref) { return Index(ref.folder) == number; })) continue;
    box.folders[number].item_class.reset();
    box.folders[number].acked_class.reset();
    box.folders[number].any_class = true;
    box.folders[number].exists = false;
  }
  box.declared = true;
  box.tried.clear();
  box.list = folders;
  if (changed && !box.list_doubtful) box.list_low = first;
  box.list_doubtful = false;
}

Seq Model::Suspected(std::optional<int> mailbox, bool loaded) {
  const Seq seq = ++seq_;
  history_.Add({.time = true_now, .what = What::kSuspect, .mailbox = static_cast<std::int16_t>(mailbox.value_or(kNone)), .a = seq});
  if (!mailbox) suspect_all_ = seq;
  for (std::size_t number = 0; number < boxes_.size(); ++number) {
    if (mailbox && Index(*mailbox) != number) continue;
    Mailbox& box = boxes_[number];
    box.suspected = now;
    box.spread = box.spread || !mailbox;
    for (Folder& folder : box.folders) {
      folder.suspect = seq;
      if (folder.exists && loaded) MarkOf(folder, kNobody).live = seq;
    }
  }
  return seq;
}

void Model::SuspectAnswered(std::optional<int> mailbox, Seq seq, bool ok) {
  if (!ok) {
    // Of a mailbox it is written with the mailbox later; of all it is in memory only, until whoever was afraid says so again.
    for (Mailbox& box : boxes_) {
      for (Folder& folder : box.folders) {
        Mark& mark = MarkOf(folder, kNobody);
        if (!mailbox && mark.live == seq) mark.live = mark.acked;
      }
    }
    return;
  }
  for (std::size_t number = 0; number < boxes_.size(); ++number) {
    if (mailbox && Index(*mailbox) != number) continue;
    for (Folder& folder : boxes_[number].folders) {
      if (!folder.exists || folder.suspect < seq) continue;
      Mark& mark = MarkOf(folder, kNobody);
      if (mark.live < seq) continue;  // it came into being since
      mark.acked = std::max(mark.acked, seq);
      mark.maybe = std::max(mark.maybe, seq);
    }
  }
}

}  // namespace mailwake::sim
