// SPDX-License-Identifier: Apache-2.0

#include "engine/src/records.h"

#include <utility>

namespace mailwake {

FolderRecord RecordOf(const Mailbox& mailbox, FolderNumber number) {
  const Folder& folder = mailbox.folders[number];
  FolderRecord record{.id = folder.id,
                      .item_class = folder.item_class.value_or(kUnknownClass),
                      .version = folder.version,
                      .other = folder.other,
                      .origin = folder.origin == kNoDevice ? std::string() : mailbox.devices[folder.origin].id,
                      .host_version = folder.host_version};
  if (folder.declaration) {
    record.declared = true;
    record.name = folder.declaration->name;
    record.type = folder.declaration->type;
    record.parent = folder.declaration->parent;
    record.position = folder.declaration->position;
  }
  return record;
}

DeviceRecord RecordOf(const Mailbox& mailbox, const Device& device) {
  DeviceRecord record{
      .id = device.id, .last_seen = device.last_seen, .hierarchy_cursor = device.hierarchy_cursor, .heartbeat = device.heartbeat};
  if (device.folders) {
    record.folders.emplace();
    device.folders->ForEach([&](FolderNumber number) {
      const Folder& folder = mailbox.folders[number];
      record.folders->push_back({folder.id, folder.item_class.value_or(ItemClass::kEmail)});
    });
  }
  return record;
}

MailboxWrite::DeviceWrite CursorsOf(const Mailbox& mailbox, const Device& device, const FolderSet& folders) {
  MailboxWrite::DeviceWrite write{.cursors_only = true};
  write.record.id = device.id;
  write.record.last_seen = device.last_seen;
  folders.ForEach([&](FolderNumber number) { write.record.cursors.push_back({mailbox.folders[number].id, device.cursor(number)}); });
  return write;
}

MailboxWrite WholeOf(const Mailbox& mailbox) {
  MailboxWrite write{.mailbox = mailbox.id, .erased_folders = mailbox.erased};
  write.hierarchy = {mailbox.declared, mailbox.hierarchy};
  for (FolderNumber number = 0; number < mailbox.folders.size(); ++number) {
    const Folder& folder = mailbox.folders[number];
    if (folder.alive) write.folders.push_back(RecordOf(mailbox, number));
  }
  for (DeviceNumber number = 0; number < mailbox.devices.size(); ++number) {
    const Device& device = mailbox.devices[number];
    if (!device.known) continue;
    MailboxWrite::DeviceWrite& to = write.devices.emplace_back();
    to.record = RecordOf(mailbox, device);
    for (FolderNumber folder = 0; folder < device.cursors.size(); ++folder) {
      if (mailbox.folders[folder].alive) to.record.cursors.push_back({mailbox.folders[folder].id, device.cursors[folder]});
    }
  }
  return write;
}

}  // namespace mailwake
