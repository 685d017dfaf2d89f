// SPDX-License-Identifier: Apache-2.0
//
// What a shard tells of itself, and the walk that checks it.

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/shard.h"

namespace mailwake {
namespace {

std::string Seconds(std::int64_t ms) { return absl::StrCat(std::max<std::int64_t>(ms, 0) / 1000, " s"); }

std::string Why(const Verdict& verdict, const Watch& watch, std::int64_t now_ms) {
  const std::string in = Seconds(verdict.due_ms - now_ms);
  switch (verdict.wait) {
    case Verdict::Wait::kLoading:
      return "its mailbox is being read from the store";
    case Verdict::Wait::kCoalescing:
      return absl::StrCat("there are changes; they wait with others of their class for the coalescing window, ", in, " more");
    case Verdict::Wait::kPaced:
      return absl::StrCat("paced: it was told of all this ", watch.mailbox->device(watch.device).repeats + 1,
                          " times and has not synced; it is told again in ", in, ", or at once when something new changes");
    case Verdict::Wait::kNoChange:
      break;
  }
  return absl::StrCat("nobody else has changed a folder that it watches since it synced; the heartbeat ends in ",
                      Seconds(watch.deadline.ms() - now_ms));
}

}  // namespace

void Shard::AddStats(Stats& stats) const {
  MutexLock lock(mutex_);
  stats.pings_held += stats_.pings_held;
  stats.mailboxes += mailboxes_.size();
  stats.memory_bytes += blocks_.bytes() + mailboxes_.bytes() + watches_.bytes();
  stats.mailboxes_loading += stats_.mailboxes_loading;
  stats.unsaved_mailboxes += unsaved_.size();
  stats.holds += stats_.holds;
  stats.changes += stats_.changes;
  stats.repeats += stats_.repeats;
  stats.masked += stats_.masked;
  stats.wakes_paced += stats_.wakes_paced;
  stats.commits += stats_.commits;
  stats.commit_failures += stats_.commit_failures;
  stats.load_failures += stats_.load_failures;
  for (std::size_t i = 0; i < kEndReasons; ++i) stats.ends[i] += stats_.ends[i];
}

PingView Shard::View(Slot slot) const {
  const Watch& watch = watches_[slot];
  return {
      .id = IdOf(slot),
      .mailbox = watch.who() != nullptr ? watch.who()->mailbox : std::string(watch.mailbox->id()),
      .device = watch.who() != nullptr ? watch.who()->device : std::string(watch.mailbox->DeviceId(watch.mailbox->device(watch.device))),
      .kind = watch.kind,
      .since = timeline_.ClockAt(watch.since.ms()),
      .deadline = timeline_.ClockAt(watch.state == WatchState::kLoading ? watch.timer.due.ms() : watch.deadline.ms()),
      .folders = static_cast<std::uint32_t>(watch.folders.size())};
}

void Shard::AddPings(std::size_t most, std::vector<PingView>& pings) const {
  MutexLock lock(mutex_);
  for (Slot slot = 0; slot < watches_.size() && pings.size() < most; ++slot) {
    if (watches_[slot].live()) pings.push_back(View(slot));
  }
}

void Shard::Explain(const MailboxKey& mailbox_id, std::string_view device_id, Explanation& explanation) const {
  MutexLock lock(mutex_);
  const Mailbox* mailbox = FindMailbox(mailbox_id);
  if (mailbox == nullptr) return;
  explanation.in_memory = !mailbox->loading;
  ForEachOf(mailbox->aside, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const Watch& watch = watches_[slot];
    if (watch.state != WatchState::kLoading || watch.who()->device != device_id) return;
    explanation.waiting = View(slot);
    explanation.why = Why({.wait = Verdict::Wait::kLoading}, watch, now_ms());
  });
  const DeviceNumber number = mailbox->FindDevice(device_id);
  if (number == kNoDevice) return;
  const Device& device = mailbox->device(number);
  if (device.last_id.value != 0) {
    const Device::LastEnd& last = device.last_end;
    explanation.last_end = EndRecord{.id = device.last_id,
                                     .mailbox = std::string(mailbox->id()),
                                     .device = std::string(mailbox->DeviceId(device)),
                                     .reason = last.reason,
                                     .time = Time(Duration(last.time.ms())),
                                     .folder = last.folder == kNoFolder ? std::string() : std::string(mailbox->FolderId(last.folder)),
                                     .version = last.version.Get()};
  }
  const Slot slot = device.watches[0] != kNoSlot ? device.watches[0] : device.watches[1];
  if (slot == kNoSlot) return;
  const Watch& watch = watches_[slot];
  explanation.waiting = View(slot);
  FolderSet behind;
  const Verdict verdict = Judge(context_.options, watch, now_ms(), behind);
  explanation.why = verdict.ends ? absl::StrCat("it ends now: ", std::string(Name(verdict.reason))) : Why(verdict, watch, now_ms());
  watch.folders.ForEach([&](FolderNumber folder_number) {
    const Folder& folder = mailbox->folder(folder_number);
    explanation.folders.push_back({std::string(mailbox->FolderId(folder_number)), folder.item_class().value_or(ItemClass::kEmail),
                                   folder.VersionFor(number), mailbox->cursor(number, folder_number),
                                   mailbox->Behind(number, folder_number)});
  });
}

void Shard::TakeSamples(Reused<HeartbeatSample>& samples) {
  MutexLock lock(mutex_);
  MoveSamples(samples);
}

void Shard::MoveSamples(Reused<HeartbeatSample>& samples) {
  if (samples.empty()) return samples.swap(samples_);
  for (HeartbeatSample& sample : samples_) std::swap(samples.Next(), sample);
  samples_.clear();
}

void Shard::CheckCrowd(const Mailbox& mailbox) const {
  const Crowd* crowd = mailbox.crowd();
  MAILWAKE_CHECK(crowd != nullptr ? mailbox.watching >= Crowd::kFew : mailbox.watching <= Crowd::kMany);
  if (crowd == nullptr) return;
  std::vector<std::size_t> watched(mailbox.folder_count());
  ForEachOf(mailbox.watchers, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    watches_[slot].folders.ForEach([&](FolderNumber folder) { ++watched[folder]; });
  });
  for (FolderNumber folder = 0; folder < watched.size(); ++folder) MAILWAKE_CHECK(crowd->Count(folder, IsWatching()) == watched[folder]);
}

void Shard::CheckInvariants() const {
  MutexLock lock(mutex_);
  wheel_.CheckInvariants(const_cast<WatchTable&>(watches_));
  std::size_t used = 0, counted = 0, timed = 0;
  absl::flat_hash_map<const Mailbox*, std::uint32_t> watches;
  for (Slot slot = 0; slot < watches_.size(); ++slot) {
    const Watch& watch = watches_[slot];
    if (watch.state == WatchState::kFree) continue;
    ++used;
    counted += watch.counted;
    timed += watch.timed;
    MAILWAKE_CHECK(watch.timed == (watch.state != WatchState::kReady) && (!watch.timed || watch.timer.scheduled()));
    MAILWAKE_CHECK((watch.list != Watch::List::kNone) == (watch.live() || watch.state == WatchState::kClosing));
    MAILWAKE_CHECK(watch.state != WatchState::kClosing || watch.forced.has_value());
    if (watch.mailbox != nullptr) ++watches[watch.mailbox];
    if (watch.list != Watch::List::kWatchers) continue;
    MAILWAKE_CHECK(watch.counted && watch.state != WatchState::kLoading && watch.state != WatchState::kClosing);
    MAILWAKE_CHECK(watch.mailbox->device(watch.device).watches[static_cast<std::size_t>(watch.kind)] == slot);
  }
  MAILWAKE_CHECK(used == watches_.used());
  MAILWAKE_CHECK(counted == stats_.pings_held);
  MAILWAKE_CHECK(timed == timed_ && timed <= wheel_.size());
  mailboxes_.CheckInvariants();
  mailboxes_.ForEach([&](const Mailbox& mailbox) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::size_t watching = 0;
    ForEachOf(mailbox.watchers, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      MAILWAKE_CHECK(watches_[slot].mailbox == &mailbox && watches_[slot].list == Watch::List::kWatchers);
      ++watching;
    });
    MAILWAKE_CHECK(watching == mailbox.watching);
    CheckCrowd(mailbox);
    MAILWAKE_CHECK(mailbox.watches == (watches.contains(&mailbox) ? watches[&mailbox] : 0));
    MAILWAKE_CHECK(mailbox.idle != mailbox.pinned() && (!mailbox.loading || mailbox.folder_count() == 0));
    for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
      MAILWAKE_CHECK(!mailbox.folder(number).alive() || mailbox.folder(number).version() <= last_version_);
    }
  });
}

}  // namespace mailwake
