// SPDX-License-Identifier: Apache-2.0

#include "engine/src/records.h"

namespace mailwake {
namespace {

MailboxWrite::DeviceWrite& NextDevice(const Mailbox& mailbox, const Device& device, MailboxWrite& write) {
  MailboxWrite::DeviceWrite& to = write.devices.Next();
  to.cursors_only = false;
  to.erase = false;
  to.record.id = mailbox.DeviceId(device);
  to.record.last_seen = Time(Duration(device.last_seen.ms()));
  to.record.hierarchy_cursor.reset();
  to.record.heartbeat.reset();
  to.record.folders.reset();
  to.record.cursors.clear();
  return to;
}

}  // namespace

void BeginWrite(const Mailbox& mailbox, MailboxWrite& write) {
  write.mailbox = mailbox.id();
  write.hierarchy.reset();
  write.folders.clear();
  write.erased_folders.clear();
  write.devices.clear();
}

void AddHierarchy(const Mailbox& mailbox, MailboxWrite& write) { write.hierarchy = {mailbox.declared, mailbox.hierarchy.Get()}; }

void AddFolder(const Mailbox& mailbox, FolderNumber number, MailboxWrite& write) {
  const Folder& folder = mailbox.folder(number);
  FolderRecord& record = write.folders.Next();
  record.id = mailbox.FolderId(number);
  record.item_class = folder.item_class().value_or(kUnknownClass);
  record.version = folder.version();
  record.other = folder.other();
  record.origin = folder.origin() == kNoDevice ? std::string_view() : mailbox.DeviceId(mailbox.device(folder.origin()));
  record.host_version = mailbox.host_version(number);
  const Folder::Declaration* declaration = mailbox.declaration(number);
  record.declared = declaration != nullptr;
  if (!record.declared) {
    record.name.clear();
    record.type = 0;
    record.parent.clear();
    record.position = 0;
    return;
  }
  record.name = declaration->name;
  record.type = declaration->type;
  record.parent = declaration->parent;
  record.position = declaration->position;
}

void AddDevice(const Mailbox& mailbox, const Device& device, MailboxWrite& write) {
  DeviceRecord& record = NextDevice(mailbox, device, write).record;
  record.hierarchy_cursor = device.hierarchy_cursor.Get();
  if (device.heartbeat_s) record.heartbeat = std::chrono::seconds(*device.heartbeat_s);
  if (device.folders.empty()) return;
  record.folders.emplace();
  device.folders.ForEach([&](FolderNumber number) {
    const Folder& folder = mailbox.folder(number);
    record.folders->push_back({std::string(mailbox.FolderId(number)), folder.item_class().value_or(ItemClass::kEmail)});
  });
}

void AddCursors(const Mailbox& mailbox, const Device& device, const FolderSet& folders, MailboxWrite& write) {
  MailboxWrite::DeviceWrite& to = NextDevice(mailbox, device, write);
  to.cursors_only = true;
  const DeviceNumber at = mailbox.NumberOf(device);
  folders.ForEach([&](FolderNumber number) {
    CursorRecord& cursor = to.record.cursors.Next();
    cursor.folder = mailbox.FolderId(number);
    cursor.cursor = mailbox.cursor(at, number);
  });
}

void AddWhole(const Mailbox& mailbox, MailboxWrite& write) {
  AddHierarchy(mailbox, write);
  if (mailbox.rare) write.erased_folders = mailbox.rare->erased;
  for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
    if (mailbox.folder(number).alive()) AddFolder(mailbox, number, write);
  }
  for (DeviceNumber number = 0; number < mailbox.device_count(); ++number) {
    const Device& device = mailbox.device(number);
    if (!device.known) continue;
    AddDevice(mailbox, device, write);
    Reused<CursorRecord>& cursors = write.devices.back().record.cursors;
    for (FolderNumber folder = 0; folder < mailbox.folder_count(); ++folder) {
      if (!mailbox.folder(folder).alive()) continue;
      cursors.push_back({std::string(mailbox.FolderId(folder)), mailbox.cursor(number, folder)});  // 0 too: the store may have another
    }
  }
}

}  // namespace mailwake
