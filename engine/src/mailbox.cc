// SPDX-License-Identifier: Apache-2.0

#include "engine/src/mailbox.h"

#include <algorithm>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/plant.h"

namespace mailwake {
namespace {

// The folder of that id, made if the store knows only that a device refers to it.
FolderNumber Intern(Mailbox& mailbox, std::string_view id, std::optional<ItemClass> item_class, FolderNumber guess = 0) {
  const FolderNumber found = mailbox.FindFolder(id, guess);
  if (found != kNoFolder) return found;
  const FolderNumber number = mailbox.folder_count();
  mailbox.CreateFolder(number, id, item_class);
  return number;
}

}  // namespace

DeviceNumber Mailbox::InternDevice(std::string_view id, std::size_t limit) {
  const DeviceNumber found = FindDevice(id);
  if (found != kNoDevice) return found;
  return device_count() < limit ? CreateDevice(id) : kNoDevice;
}

FolderNumber Mailbox::FreeFolderNumber(const FolderSet& watched) const {
  if (living() == folder_count()) return folder_count();
  for (FolderNumber number = 0; number < folder_count(); ++number) {
    if (folder(number).alive()) continue;
    bool referred = watched.Contains(number);
    for (DeviceNumber at = 0; at < device_count() && !referred; ++at) referred = device(at).folders.Contains(number);
    if (!referred) return number;
  }
  return folder_count();
}

void Mailbox::DropCursors(FolderNumber folder) {
  for (DeviceNumber at = 0; at < device_count(); ++at) {
    Device& of = device(at);
    if (folder < folder_count()) SetCursor(at, folder, 0);
    of.ForgetTold(folder);
    of.ForgetNamed(folder);
    if (of.last_end.folder == folder) of.last_end.folder = kNoFolder;
  }
}

void Mailbox::SuspectAll(Version version) {
  for (FolderNumber number = 0; number < folder_count(); ++number) {
    if (folder(number).alive()) folder(number).Suspect(version);
  }
}

void Mailbox::Adopt(MailboxRecord record) {
  MAILWAKE_CHECK(loading && folder_count() == 0 && device_count() == 0);
  std::size_t id_bytes = 0;
  for (const DeviceRecord& from : record.devices) id_bytes += from.id.size();
  Reserve(record.folders.size(), record.devices.size(), id_bytes);
  declared = record.declared;
  hierarchy.Set(record.hierarchy);
  for (const DeviceRecord& from : record.devices) {
    if (FindDevice(from.id) != kNoDevice) continue;
    Device& made = device(CreateDevice(from.id));
    made.known = true;
    ++known_devices;
    made.hierarchy_cursor = from.hierarchy_cursor;
    if (from.heartbeat) made.heartbeat_s = static_cast<std::uint32_t>(from.heartbeat->count());
    made.last_seen = PackedTime(from.last_seen.time_since_epoch().count());
  }
  for (FolderRecord& from : record.folders) {
    const bool classed = from.item_class != kUnknownClass;
    const FolderNumber number = Intern(*this, from.id, classed ? std::optional(from.item_class) : std::nullopt, folder_count());
    const DeviceNumber origin = from.origin.empty() ? kNoDevice : InternDevice(from.origin, kNoDevice);
    folder(number).Adopt(from.version, from.other, origin);
    if (from.host_version != 0) SetHostVersion(number, from.host_version);
    if (from.declared) MailboxBlock::Declare(number, {std::move(from.name), from.type, std::move(from.parent), from.position});
  }
  for (const DeviceRecord& from : record.devices) {
    if (!from.folders) continue;
    FolderSet remembered;
    for (const RememberedFolder& named : *from.folders) {
      const FolderNumber number = Intern(*this, named.id, named.item_class);
      if (!folder(number).has_class()) folder(number).set_class(named.item_class);  // which only PINGs have said so far
      remembered.Add(number);
    }
    device(FindDevice(from.id)).folders = std::move(remembered);
  }
  for (const DeviceRecord& from : record.devices) {
    FolderNumber next = 0;
    for (const CursorRecord& cursor : from.cursors) {
      if (cursor.cursor == 0 || (Planted(Plant::kForgetCursor) && &cursor == from.cursors.begin())) continue;
      const FolderNumber number = Intern(*this, cursor.folder, std::nullopt, next);
      SetCursor(FindDevice(from.id), number, cursor.cursor);
      next = number + 1;
    }
  }
  loading = false;
}

}  // namespace mailwake
