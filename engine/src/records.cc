// SPDX-License-Identifier: Apache-2.0

#include "engine/src/records.h"

namespace mailwake {
namespace {

MailboxWrite::DeviceWrite& NextDevice(const Device& device, MailboxWrite& write) {
  MailboxWrite::DeviceWrite& to = write.devices.Next();
  to.cursors_only = false;
  to.erase = false;
  to.record.id = device.id;
  to.record.last_seen = device.last_seen;
  to.record.hierarchy_cursor.reset();
  to.record.heartbeat.reset();
  to.record.folders.reset();
  to.record.cursors.clear();
  return to;
}

}  // namespace

void BeginWrite(const Mailbox& mailbox, MailboxWrite& write) {
  write.mailbox = mailbox.id;
  write.hierarchy.reset();
  write.folders.clear();
  write.erased_folders.clear();
  write.devices.clear();
}

void AddHierarchy(const Mailbox& mailbox, MailboxWrite& write) { write.hierarchy = {mailbox.declared, mailbox.hierarchy}; }

void AddFolder(const Mailbox& mailbox, FolderNumber number, MailboxWrite& write) {
  const Folder& folder = mailbox.folders[number];
  FolderRecord& record = write.folders.emplace_back();
  record.id = folder.id;
  record.item_class = folder.item_class.value_or(kUnknownClass);
  record.version = folder.version;
  record.other = folder.other;
  if (folder.origin != kNoDevice) record.origin = mailbox.devices[folder.origin].id;
  record.host_version = folder.host_version;
  if (!folder.declaration) return;
  record.declared = true;
  record.name = folder.declaration->name;
  record.type = folder.declaration->type;
  record.parent = folder.declaration->parent;
  record.position = folder.declaration->position;
}

void AddDevice(const Mailbox& mailbox, const Device& device, MailboxWrite& write) {
  DeviceRecord& record = NextDevice(device, write).record;
  record.hierarchy_cursor = device.hierarchy_cursor;
  record.heartbeat = device.heartbeat;
  if (!device.folders) return;
  record.folders.emplace();
  device.folders->ForEach([&](FolderNumber number) {
    const Folder& folder = mailbox.folders[number];
    record.folders->push_back({folder.id, folder.item_class.value_or(ItemClass::kEmail)});
  });
}

void AddCursors(const Mailbox& mailbox, const Device& device, const FolderSet& folders, MailboxWrite& write) {
  MailboxWrite::DeviceWrite& to = NextDevice(device, write);
  to.cursors_only = true;
  folders.ForEach([&](FolderNumber number) { to.record.cursors.push_back({mailbox.folders[number].id, device.cursor(number)}); });
}

void AddWhole(const Mailbox& mailbox, MailboxWrite& write) {
  AddHierarchy(mailbox, write);
  write.erased_folders = mailbox.erased;
  for (FolderNumber number = 0; number < mailbox.folders.size(); ++number) {
    if (mailbox.folders[number].alive) AddFolder(mailbox, number, write);
  }
  for (DeviceNumber number = 0; number < mailbox.devices.size(); ++number) {
    const Device& device = mailbox.devices[number];
    if (!device.known) continue;
    AddDevice(mailbox, device, write);
    std::vector<CursorRecord>& cursors = write.devices.back().record.cursors;
    for (FolderNumber folder = 0; folder < device.cursors.size(); ++folder) {
      if (mailbox.folders[folder].alive) cursors.push_back({mailbox.folders[folder].id, device.cursors[folder]});
    }
  }
}

}  // namespace mailwake
