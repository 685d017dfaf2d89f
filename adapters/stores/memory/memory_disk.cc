// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/memory/memory_disk.h"

#include <algorithm>

#include "engine/src/plant.h"

namespace mailwake {

OpenState MemoryDisk::Open() {
  MutexLock lock(mutex_);
  OpenState state;
  state.first_version = std::max<Version>(ceiling_, 1);
  ceiling_ = state.first_version + kVersionBlock;
  state.ceiling = ceiling_;
  state.suspect = suspect_;
  return state;
}

MailboxRecord MemoryDisk::Read(const std::string& mailbox) const {
  MutexLock lock(mutex_);
  MailboxRecord record;
  auto it = mailboxes_.find(mailbox);
  if (it == mailboxes_.end()) return record;
  record.declared = it->second.declared;
  record.hierarchy = it->second.hierarchy;
  for (const auto& [id, folder] : it->second.folders) record.folders.push_back(folder);
  for (const auto& [id, device] : it->second.devices) {
    DeviceRecord& out = record.devices.emplace_back(device.record);
    for (const auto& [folder, cursor] : device.cursors) out.cursors.push_back({.folder = folder, .cursor = cursor});
  }
  return record;
}

void MemoryDisk::Write(const WriteBatch& batch) {
  MutexLock lock(mutex_);
  ceiling_ = std::max(ceiling_, batch.ceiling);
  if (!Planted(Plant::kStoreForgetsSuspicion)) suspect_ = std::max(suspect_, batch.suspect);
  for (const MailboxWrite& write : batch.mailboxes) Apply(write, mailboxes_[write.mailbox]);
}

void MemoryDisk::Apply(const MailboxWrite& write, Mailbox& mailbox) {
  if (write.hierarchy) {
    mailbox.declared = write.hierarchy->declared;
    mailbox.hierarchy = write.hierarchy->version;
  }
  for (const std::string& id : write.erased_folders) {
    mailbox.folders.erase(id);
    for (auto& [name, device] : mailbox.devices) device.cursors.erase(id);
  }
  for (const FolderRecord& folder : write.folders) {
    FolderRecord& kept = mailbox.folders.insert_or_assign(folder.id, folder).first->second;
    if (Planted(Plant::kStoreForgetsOther)) kept.other = kept.version;
  }
  for (const MailboxWrite::DeviceWrite& device : write.devices) Apply(device, mailbox);
}

void MemoryDisk::Apply(const MailboxWrite::DeviceWrite& write, Mailbox& mailbox) {
  if (write.erase) {
    mailbox.devices.erase(write.record.id);
    return;
  }
  auto [it, created] = mailbox.devices.try_emplace(write.record.id);
  Device& device = it->second;
  if (created || !write.cursors_only) {
    device.record = write.record;
    device.record.cursors.clear();
  }
  for (const CursorRecord& cursor : write.record.cursors) {
    if (cursor.cursor == 0) {
      if (Planted(Plant::kStoreKeepsReset)) continue;
      device.cursors.erase(cursor.folder);
    } else {
      device.cursors.insert_or_assign(cursor.folder, cursor.cursor);
    }
  }
}

std::size_t MemoryDisk::AgeOut(Time before) {
  MutexLock lock(mutex_);
  std::size_t forgotten = 0;
  for (auto& [name, mailbox] : mailboxes_) {
    forgotten += std::erase_if(mailbox.devices, [before](const auto& device) { return device.second.record.last_seen < before; });
  }
  return forgotten;
}

}  // namespace mailwake
