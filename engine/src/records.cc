// SPDX-License-Identifier: Apache-2.0

#include "engine/src/records.h"

namespace mailwake {
namespace {

MailboxWrite::DeviceWrite& NextDevice(const Device& device, MailboxWrite& write) {
  MailboxWrite::DeviceWrite& to = write.devices.Next();
  to.cursors_only = false;
  to.erase = false;
  to.record.id = device.id.view();
  to.record.last_seen = device.last_seen;
  to.record.hierarchy_cursor.reset();
  to.record.heartbeat.reset();
  to.record.folders.reset();
  to.record.cursors.clear();
  return to;
}

}  // namespace

void BeginWrite(const Mailbox& mailbox, MailboxWrite& write) {
  write.mailbox = mailbox.id.view();
  write.hierarchy.reset();
  write.folders.clear();
  write.erased_folders.clear();
  write.devices.clear();
}

void AddHierarchy(const Mailbox& mailbox, MailboxWrite& write) { write.hierarchy = {mailbox.declared, mailbox.hierarchy}; }

void AddFolder(const Mailbox& mailbox, FolderNumber number, MailboxWrite& write) {
  const Folder& folder = mailbox.folders[number];
  FolderRecord& record = write.folders.emplace_back();
  record.id = folder.id.view();
  record.item_class = folder.item_class().value_or(kUnknownClass);
  record.version = folder.version;
  record.other = folder.other;
  if (folder.origin != kNoDevice) record.origin = mailbox.devices[folder.origin].id.view();
  record.host_version = folder.host_version();
  const Folder::Declaration* declaration = folder.declaration();
  if (declaration == nullptr) return;
  record.declared = true;
  record.name = declaration->name;
  record.type = declaration->type;
  record.parent = declaration->parent;
  record.position = declaration->position;
}

void AddDevice(const Mailbox& mailbox, const Device& device, MailboxWrite& write) {
  DeviceRecord& record = NextDevice(device, write).record;
  record.hierarchy_cursor = device.hierarchy_cursor;
  if (device.heartbeat_s) record.heartbeat = std::chrono::seconds(*device.heartbeat_s);
  if (device.folders.empty()) return;
  record.folders.emplace();
  device.folders.ForEach([&](FolderNumber number) {
    const Folder& folder = mailbox.folders[number];
    record.folders->push_back({folder.id.str(), folder.item_class().value_or(ItemClass::kEmail)});
  });
}

void AddCursors(const Mailbox& mailbox, const Device& device, const FolderSet& folders, MailboxWrite& write) {
  MailboxWrite::DeviceWrite& to = NextDevice(device, write);
  to.cursors_only = true;
  folders.ForEach([&](FolderNumber number) { to.record.cursors.push_back({mailbox.folders[number].id.str(), device.cursor(number)}); });
}

void AddWhole(const Mailbox& mailbox, MailboxWrite& write) {
  AddHierarchy(mailbox, write);
  if (mailbox.rare) write.erased_folders = mailbox.rare->erased;
  for (FolderNumber number = 0; number < mailbox.folders.size(); ++number) {
    if (mailbox.folders[number].alive) AddFolder(mailbox, number, write);
  }
  for (DeviceNumber number = 0; number < mailbox.devices.size(); ++number) {
    const Device& device = mailbox.devices[number];
    if (!device.known) continue;
    AddDevice(mailbox, device, write);
    std::vector<CursorRecord>& cursors = write.devices.back().record.cursors;
    for (FolderNumber folder = 0; folder < device.cursors.size(); ++folder) {
      if (mailbox.folders[folder].alive) cursors.push_back({mailbox.folders[folder].id.str(), device.cursor(folder)});
    }
  }
}

}  // namespace mailwake
