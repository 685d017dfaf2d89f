// SPDX-License-Identifier: Apache-2.0

#include "engine/src/mailbox.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/src/check.h"

namespace mailwake {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// The folder of that id, made if the store knows only that a device refers to it.
FolderNumber Intern(FolderIndex& folders, std::string_view id, std::optional<ItemClass> item_class) {
  const FolderNumber found = folders.Find(id);
  if (found != kNoFolder) return found;
  const auto number = static_cast<FolderNumber>(folders.size());
  folders.Create(number, id, item_class);
  return number;
}

}  // namespace

DeviceNumber Mailbox::InternDevice(std::string_view device, std::size_t limit) {
  const DeviceNumber found = devices.Find(device);
  if (found != kNoDevice) return found;
  return devices.size() < limit ? devices.Create(device) : kNoDevice;
}

FolderNumber Mailbox::FreeFolderNumber(const FolderSet& watched) const {
  const auto fresh = static_cast<FolderNumber>(folders.size());
  if (folders.living() == folders.size()) return fresh;
  for (FolderNumber number = 0; number < fresh; ++number) {
    if (folders[number].alive) continue;
    bool referred = watched.Contains(number);
    for (DeviceNumber device = 0; device < devices.size() && !referred; ++device) {
      referred = devices[device].folders.Contains(number);
    }
    if (!referred) return number;
  }
  return fresh;
}

void Mailbox::DropCursors(FolderNumber folder) {
  for (DeviceNumber device = 0; device < devices.size(); ++device) {
    devices[device].SetCursor(folder, 0);
    devices[device].ForgetTold(folder);
    devices[device].ForgetNamed(folder);
    if (devices[device].last_end.folder == folder) devices[device].last_end.folder = kNoFolder;
  }
}

void Mailbox::SuspectAll(Version version) {
  for (FolderNumber number = 0; number < folders.size(); ++number) {
    if (folders[number].alive && folders[number].version < version) folders[number].Change(version, kNoDevice);
  }
}

void Mailbox::Adopt(MailboxRecord record) {
  MAILWAKE_CHECK(loading && folders.size() == 0 && devices.size() == 0);
  declared = record.declared;
  hierarchy = record.hierarchy;
  for (DeviceRecord& from : record.devices) {
    if (devices.Find(from.id) != kNoDevice) continue;
    Device& device = devices[devices.Create(from.id)];
    device.known = true;
    ++known_devices;
    device.hierarchy_cursor = from.hierarchy_cursor;
    if (from.heartbeat) device.heartbeat_s = static_cast<std::uint32_t>(from.heartbeat->count());
    device.last_seen = from.last_seen;
  }
  for (FolderRecord& from : record.folders) {
    const bool classed = from.item_class != kUnknownClass;
    Folder& folder = folders[Intern(folders, from.id, classed ? std::optional(from.item_class) : std::nullopt)];
    folder.version = from.version;
    folder.other = from.other;
    if (from.host_version != 0) folder.Extend().host_version = from.host_version;
    if (!from.origin.empty()) folder.origin = InternDevice(from.origin, kNoLimit);
    if (!from.declared) continue;
    folder.Extend().declaration = {std::move(from.name), from.type, std::move(from.parent), from.position};
  }
  for (const DeviceRecord& from : record.devices) {
    if (!from.folders) continue;
    FolderSet& remembered = devices[devices.Find(from.id)].folders;
    for (const RememberedFolder& folder : *from.folders) remembered.Add(Intern(folders, folder.id, folder.item_class));
  }
  for (const DeviceRecord& from : record.devices) {
    for (const CursorRecord& cursor : from.cursors) {
      if (cursor.cursor != 0) devices[devices.Find(from.id)].SetCursor(Intern(folders, cursor.folder, std::nullopt), cursor.cursor);
    }
  }
  loading = false;
}

}  // namespace mailwake
