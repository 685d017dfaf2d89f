// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/ledger.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mailwake::fleet {
namespace {

constexpr std::size_t kMostComplaints = 10;

// A server writes a Sync down after it has answered it. Longer ago than this it is written, however slow the disk.
constexpr std::chrono::seconds kSyncSettles{1};

}  // namespace

Ledger::Ledger(std::uint32_t mailboxes, std::uint32_t devices_per_mailbox, Span late_after)
    : per_mailbox_(devices_per_mailbox), late_after_(late_after), watches_(std::size_t{mailboxes} * devices_per_mailbox) {}

bool Ledger::Untold(const Watch& watch) {
  return std::ranges::any_of(watch.open, [](const Entry& entry) { return !entry.told; });
}

bool Ledger::Due(const Entry& entry) { return !entry.told && !entry.unsure && entry.acknowledged != kNever; }

Ledger::Watch* Ledger::Find(DeviceIndex device, std::string_view folder) {
  for (Watch& watch : watches_[device]) {
    if (watch.folder == folder) return &watch;
  }
  return nullptr;
}

void Ledger::Complain(const char* what, DeviceIndex device, std::string_view folder) {
  if (complaints_.size() >= kMostComplaints) return;
  complaints_.push_back(std::string(what) + ": " + DeviceName(device / per_mailbox_, device % per_mailbox_) + " of " +
                        MailboxName(device / per_mailbox_) + ", folder " + std::string(folder));
}

// ---- changes ------------------------------------------------------------------------------------------------------------------------

Ledger::Receipt Ledger::Sent(MailboxIndex mailbox, std::string_view folder, std::optional<std::uint32_t> origin, Instant now) {
  MutexLock lock(mutex_);
  const Receipt receipt{.change = next_change_++, .mailbox = mailbox, .folder = folder, .sent = now, .origin = origin};
  for (std::uint32_t ordinal = 0; ordinal < per_mailbox_; ++ordinal) {
    if (origin == ordinal) continue;
    Watch* watch = Find(mailbox * per_mailbox_ + ordinal, folder);
    if (watch == nullptr) continue;
    if (!Untold(*watch)) ++totals_.wakes_expected;
    watch->open.push_back({.change = receipt.change, .sent = now});
  }
  return receipt;
}

void Ledger::Acknowledged(const Receipt& receipt, Instant now) {
  MutexLock lock(mutex_);
  ++totals_.changes;
  if (receipt.origin) ++totals_.own_changes;
  acknowledgement_.Record(std::chrono::duration_cast<Histogram::Micros>(now - receipt.sent));
  for (std::uint32_t ordinal = 0; ordinal < per_mailbox_; ++ordinal) {
    Watch* watch = Find(receipt.mailbox * per_mailbox_ + ordinal, receipt.folder);
    if (watch == nullptr) continue;
    for (Entry& entry : watch->open) {
      if (entry.change != receipt.change) continue;
      entry.acknowledged = now;
      entry.effective = std::min(entry.effective, now);
    }
  }
}

void Ledger::SentAgain(const Receipt& receipt, Instant now) {
  MutexLock lock(mutex_);
  for (std::uint32_t ordinal = 0; ordinal < per_mailbox_; ++ordinal) {
    Watch* watch = receipt.origin == ordinal ? nullptr : Find(receipt.mailbox * per_mailbox_ + ordinal, receipt.folder);
    if (watch == nullptr) continue;
    const auto entry = std::ranges::find(watch->open, receipt.change, &Entry::change);
    if (entry != watch->open.end()) {
      entry->effective = kNever;
      entry->again = true;
      continue;
    }
    if (!Untold(*watch)) ++totals_.wakes_expected;
    watch->open.push_back({.change = receipt.change, .sent = now, .unsure = true, .again = true});
  }
}

// ---- devices ------------------------------------------------------------------------------------------------------------------------

void Ledger::Watching(DeviceIndex device, std::span<const std::string> folders) {
  MutexLock lock(mutex_);
  Watches now;
  for (const std::string& folder : folders) {
    Watch* old = Find(device, folder);
    now.push_back(old != nullptr ? std::move(*old) : Watch{.folder = folder});
    if (old != nullptr) old->open.clear();
  }
  for (const Watch& dropped : watches_[device]) Dissolve(dropped);
  watches_[device] = std::move(now);
}

// A notice that will not be waited for: the changes it stands for are gone or need no wake.
void Ledger::Dissolve(const Watch& watch) {
  if (!Untold(watch)) return;
  --totals_.wakes_expected;
  const bool covered = std::ranges::any_of(watch.open, Due);
  ++(covered ? totals_.covered : totals_.undecided);
}

void Ledger::Woken(DeviceIndex device, std::span<const std::string> folders, Instant answered) {
  MutexLock lock(mutex_);
  ++totals_.answers;
  for (const std::string& folder : folders) WokenFor(device, folder, answered);
}

void Ledger::WokenFor(DeviceIndex device, std::string_view folder, Instant answered) {
  Watch* watch = Find(device, folder);
  std::vector<Entry*> causes;  // what the wake can be about
  if (watch != nullptr) {
    for (Entry& entry : watch->open) {
      if (entry.sent <= answered) causes.push_back(&entry);
    }
  }
  const bool excused = watch != nullptr && std::exchange(watch->excused, false);
  if (causes.empty() && excused) {
    ++totals_.repeated;
    return;
  }
  if (causes.empty()) {
    ++totals_.foreign;
    Complain("foreign wake", device, folder);
    return;
  }
  if (Entry& only = *causes.front(); causes.size() == 1 && !only.again && !excused) only.effective = std::min(only.effective, answered);
  // A change that a Sync may have overtaken says nothing of this wake's time, unless the wake can be about no other: then no Sync held it.
  Instant first = kNever;
  Instant first_unsure = kNever;
  for (Entry* entry : causes) {
    if (std::exchange(entry->told, true)) continue;
    Instant& earliest = entry->unsure ? first_unsure : first;
    earliest = std::min(earliest, entry->sent);
  }
  if (first == kNever) first = first_unsure;
  if (first == kNever) {
    ++totals_.repeated;
    return;
  }
  ++totals_.wakes;
  latency_.Record(std::chrono::duration_cast<Histogram::Micros>(answered - first));
  if (answered - first > late_after_) ++totals_.late;
  if (Untold(*watch)) ++totals_.wakes_expected;  // written after the answer was read: a notice of its own
}

void Ledger::Synced(DeviceIndex device, std::string_view folder, Instant asked, Instant answered) {
  MutexLock lock(mutex_);
  Watch* watch = Find(device, folder);
  if (watch == nullptr) return;
  watch->synced = answered;
  watch->excused = false;
  const bool untold_before = Untold(*watch);
  Watch gone;
  std::erase_if(watch->open, [&](const Entry& entry) {
    if (entry.effective > asked) return false;
    gone.open.push_back(entry);
    return true;
  });
  for (Entry& entry : watch->open) {
    if (entry.sent >= answered) continue;
    entry.unsure = true;
    entry.told = false;  // if it was told of, then perhaps only by an answer that did not know of it
  }
  const bool untold_after = Untold(*watch);
  if (untold_before && !untold_after) Dissolve(gone);
  if (!untold_before && untold_after) ++totals_.wakes_expected;
}

void Ledger::Expired(DeviceIndex device, Instant asked, Instant) {
  MutexLock lock(mutex_);
  for (Watch& watch : watches_[device]) {
    const auto known = [&](const Entry& entry) { return Due(entry) && entry.acknowledged <= asked; };
    if (!std::ranges::any_of(watch.open, known)) continue;
    ++totals_.missed;
    Complain("expired although behind", device, watch.folder);
    for (Entry& entry : watch.open) entry.told = true;
  }
}

void Ledger::Closed(DeviceIndex device, Instant now) {
  MutexLock lock(mutex_);
  for (Watch& watch : watches_[device]) watch.excused = watch.excused || (watch.synced && now - *watch.synced < kSyncSettles);
}

// ---- looking in ---------------------------------------------------------------------------------------------------------------------

std::size_t Ledger::Owed() const {
  MutexLock lock(mutex_);
  std::size_t owed = 0;
  for (const Watches& watches : watches_) {
    for (const Watch& watch : watches) owed += std::ranges::any_of(watch.open, Due) ? 1 : 0;
  }
  return owed;
}

void Ledger::Finish() {
  MutexLock lock(mutex_);
  for (DeviceIndex device = 0; device < watches_.size(); ++device) {
    for (Watch& watch : watches_[device]) {
      if (std::ranges::any_of(watch.open, Due)) {
        ++totals_.missed;
        Complain("missed", device, watch.folder);
      } else {
        Dissolve(watch);
      }
      watch.open.clear();
    }
  }
}

Totals Ledger::totals() const {
  MutexLock lock(mutex_);
  return totals_;
}

Histogram Ledger::latency() const {
  MutexLock lock(mutex_);
  return latency_;
}

Histogram Ledger::acknowledgement() const {
  MutexLock lock(mutex_);
  return acknowledgement_;
}

std::vector<std::string> Ledger::complaints() const {
  MutexLock lock(mutex_);
  return complaints_;
}

}  // namespace mailwake::fleet
