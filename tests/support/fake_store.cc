// SPDX-License-Identifier: Apache-2.0

#include "tests/support/fake_store.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <random>
#include <utility>

namespace mailwake::testing {
namespace {

template <typename Records, typename Key>
auto* Find(Records& records, const Key& id) {
  auto it = std::find_if(records.begin(), records.end(), [&](const auto& record) { return record.id == id; });
  return it == records.end() ? nullptr : &*it;
}

void SetCursor(Reused<CursorRecord>& cursors, const CursorRecord& cursor) {
  std::vector<CursorRecord> kept;
  for (const CursorRecord& old : cursors) {
    if (old.folder != cursor.folder) kept.push_back(old);
  }
  if (cursor.cursor != 0) kept.push_back(cursor);
  cursors = std::move(kept);
}

void ApplyDevice(MailboxRecord& mailbox, const MailboxWrite::DeviceWrite& write) {
  if (write.erase) {
    std::erase_if(mailbox.devices, [&](const DeviceRecord& device) { return device.id == write.record.id; });
    return;
  }
  DeviceRecord* device = Find(mailbox.devices, write.record.id);
  if (device == nullptr) {
    mailbox.devices.push_back({.id = write.record.id});
    device = &mailbox.devices.back();
  }
  Reused<CursorRecord> cursors = std::move(device->cursors);
  if (!write.cursors_only) *device = write.record;
  for (const CursorRecord& cursor : write.record.cursors) SetCursor(cursors, cursor);
  device->cursors = std::move(cursors);
}

void ApplyMailbox(MailboxRecord& mailbox, const MailboxWrite& write) {
  if (write.hierarchy) {
    mailbox.declared = write.hierarchy->declared;
    mailbox.hierarchy = write.hierarchy->version;
  }
  for (const std::string& gone : write.erased_folders) {
    std::erase_if(mailbox.folders, [&](const FolderRecord& folder) { return folder.id == gone; });
    for (DeviceRecord& device : mailbox.devices) SetCursor(device.cursors, {.folder = gone});
  }
  for (const FolderRecord& folder : write.folders) {
    if (FolderRecord* old = Find(mailbox.folders, folder.id)) {
      *old = folder;
    } else {
      mailbox.folders.push_back(folder);
    }
  }
  for (const MailboxWrite::DeviceWrite& device : write.devices) ApplyDevice(mailbox, device);
}

}  // namespace

void FakeDisk::Apply(const WriteBatch& batch) {
  ceiling = std::max(ceiling, batch.ceiling);
  suspect = std::max(suspect, batch.suspect);
  for (const MailboxWrite& write : batch.mailboxes) ApplyMailbox(mailboxes[write.mailbox], write);
}

FakeStore::FakeStore(std::shared_ptr<FakeDisk> disk) : disk_(std::move(disk)) {
  opened_.first_version = std::max<Version>(disk_->ceiling, 1);
  opened_.ceiling = opened_.first_version + kVersionBlock;
  opened_.suspect = disk_->suspect;
  disk_->ceiling = opened_.ceiling;
}

void FakeStore::Load(std::string mailbox, LoadCallback done) {
  ++counts_.loads;
  Add({.kind = Kind::kLoad, .mailbox = std::move(mailbox), .load_done = std::move(done)});
}

void FakeStore::Commit(const WriteBatch& batch, DoneCallback done) {
  ++counts_.commits;
  CheckRules(batch);
  Add({.kind = Kind::kCommit, .batch = batch, .commit_done = std::move(done)});
}

void FakeStore::AgeOut(Time before, AgeOutCallback done) {
  ++counts_.age_outs;
  Add({.kind = Kind::kAgeOut, .before = before, .age_out_done = std::move(done)});
}

std::size_t FakeStore::waiting_loads(const std::string& mailbox) const {
  return std::count_if(waiting_.begin(), waiting_.end(),
                       [&](const Operation& operation) { return operation.kind == Kind::kLoad && operation.mailbox == mailbox; });
}

std::size_t FakeStore::failed_loads(const std::string& mailbox) const {
  auto it = failed_loads_.find(mailbox);
  return it == failed_loads_.end() ? 0 : it->second;
}

bool FakeStore::Release(std::size_t nth) {
  if (nth >= waiting_.size()) return false;
  ApplyBefore(nth);
  Operation operation = std::move(waiting_[nth]);
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(nth));
  Answer(std::move(operation));
  return true;
}

void FakeStore::ReleaseAll() {
  while (Release()) {
  }
}

void FakeStore::FailCommits(absl::Status status, std::size_t times) {
  commit_failure_ = std::move(status);
  commit_failures_ = times;
}

void FakeStore::FailLoads(absl::Status status, std::size_t times) {
  load_failure_ = std::move(status);
  load_failures_ = times;
  if (times == 0) broken_mailboxes_.clear();
}

void FakeStore::FailLoadsOf(const std::string& mailbox, absl::Status status) { broken_mailboxes_[mailbox] = std::move(status); }

void FakeStore::Crash(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::size_t kept = random() % (waiting_.size() + 1);
  commit_failures_ = 0;
  ApplyBefore(kept);
  waiting_.clear();
}

const MailboxRecord& FakeStore::stored(const std::string& mailbox) const {
  static const MailboxRecord kNone;
  auto it = disk_->mailboxes.find(mailbox);
  return it == disk_->mailboxes.end() ? kNone : it->second;
}

const FolderRecord* FakeStore::stored_folder(const std::string& mailbox, const std::string& folder) const {
  return Find(stored(mailbox).folders, folder);
}

const DeviceRecord* FakeStore::stored_device(const std::string& mailbox, const std::string& device) const {
  return Find(stored(mailbox).devices, device);
}

void FakeStore::Add(Operation operation) {
  if (held_) {
    waiting_.push_back(std::move(operation));
    return;
  }
  ApplyBefore(waiting_.size());
  Answer(std::move(operation));
}

// Settles the commits among the first `end` operations: what comes after them must see them.
void FakeStore::ApplyBefore(std::size_t end) {
  for (std::size_t i = 0; i < end; ++i) {
    if (waiting_[i].kind == Kind::kCommit && !waiting_[i].applied) Settle(waiting_[i]);
  }
}

void FakeStore::Settle(Operation& operation) {
  operation.applied = true;
  if (commit_failures_ > 0) {
    if (commit_failures_ != kAlways) --commit_failures_;
    ++counts_.failed_commits;
    operation.outcome = commit_failure_;
    return;
  }
  disk_->Apply(operation.batch);
}

void FakeStore::Answer(Operation operation) {
  switch (operation.kind) {
    case Kind::kCommit:
      if (!operation.applied) Settle(operation);
      operation.commit_done(operation.outcome);
      return;
    case Kind::kAgeOut:
      operation.age_out_done(Forget(operation.before));
      return;
    case Kind::kLoad:
      break;
  }
  auto broken = broken_mailboxes_.find(operation.mailbox);
  if (broken == broken_mailboxes_.end() && load_failures_ == 0) {
    last_failed_.erase(operation.mailbox);
    operation.load_done(stored(operation.mailbox));
    return;
  }
  ++counts_.failed_loads;
  ++failed_loads_[operation.mailbox];
  last_failed_.insert(operation.mailbox);
  const absl::Status status = broken == broken_mailboxes_.end() ? load_failure_ : broken->second;
  if (broken == broken_mailboxes_.end() && load_failures_ != kAlways) --load_failures_;
  operation.load_done(status);
}

std::size_t FakeStore::Forget(Time before) {
  std::size_t forgotten = 0;
  for (auto& [name, mailbox] : disk_->mailboxes) {
    forgotten += std::erase_if(mailbox.devices, [&](const DeviceRecord& device) { return device.last_seen < before; });
  }
  return forgotten;
}

void FakeStore::CheckRules(const WriteBatch& batch) {
  auto check = [&](const std::string& what, Version version, Version old) {
    if (version >= disk_->ceiling) broken_rules_.push_back(absl::StrCat(what, ": version ", version, ", durable ceiling ", disk_->ceiling));
    if (version < old) broken_rules_.push_back(absl::StrCat(what, ": version goes back from ", old, " to ", version));
  };
  for (const MailboxWrite& write : batch.mailboxes) {
    if (write.hierarchy) check("hierarchy of " + write.mailbox, write.hierarchy->version, stored(write.mailbox).hierarchy);
    for (const FolderRecord& folder : write.folders) {
      const FolderRecord* old = stored_folder(write.mailbox, folder.id);
      check("folder " + folder.id + " of " + write.mailbox, folder.version, old == nullptr ? 0 : old->version);
    }
    for (const MailboxWrite::DeviceWrite& device : write.devices) {
      for (const CursorRecord& cursor : device.record.cursors) check("cursor of " + device.record.id, cursor.cursor, 0);
    }
  }
}

}  // namespace mailwake::testing
