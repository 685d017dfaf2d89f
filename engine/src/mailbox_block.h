// SPDX-License-Identifier: Apache-2.0
//
// MailboxBlock: the id, the folders and the devices of one mailbox, with every device's cursors, in one piece of memory: what a change or a
// PING touches lies side by side.
//
//     head | mailbox id | devices | folders | cursors (6 bytes for each device and folder) | device ids
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       FindFolder, FindDevice a scan of words, O(1) where there are more than kScanned; a new folder or device may move everything
//             (addresses of folders and devices are good until the next one comes); the rest O(1).
// Invariants: (1) a number never changes while the mailbox is in memory; (2) ids of living folders are unique, ids of devices too.
// Example:    const FolderNumber inbox = block.FindFolder("inbox"); block.SetCursor(device, inbox, block.folder(inbox).version());

#ifndef MAILWAKE_SRC_MAILBOX_BLOCK_H_
#define MAILWAKE_SRC_MAILBOX_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/src/block_pool.h"
#include "engine/src/device.h"
#include "engine/src/folder.h"
#include "engine/src/id_hash.h"
#include "engine/src/id_index.h"

namespace mailwake {

class MailboxBlock {
 public:
  MailboxBlock(std::string_view id, BlockPool& pool);
  ~MailboxBlock();
  MailboxBlock(const MailboxBlock&) = delete;
  MailboxBlock& operator=(const MailboxBlock&) = delete;

  std::string_view id() const { return {reinterpret_cast<const char*>(bytes_) + sizeof(Head), id_size_}; }

  // ---- Folders

  // Numbers in use, those of erased folders included.
  FolderNumber folder_count() const { return folders_; }
  std::size_t living() const { return living_; }
  Folder& folder(FolderNumber number) { return Folders()[number]; }
  const Folder& folder(FolderNumber number) const { return Folders()[number]; }
  std::string_view FolderId(FolderNumber number) const { return names().Text(folder(number).name()); }
  // The living folder of that id; kNoFolder if there is none. `guess` is looked at first.
  FolderNumber FindFolder(std::string_view id, FolderNumber guess = 0) const {
    if (guess < folders_ && folder(guess).alive() && SameId(FolderId(guess), id)) return guess;
    return SearchFolder(id);
  }
  // A new folder at `number`, which is folder_count() or that of an erased one. REQUIRES: FindFolder(id) == kNoFolder.
  Folder& CreateFolder(FolderNumber number, std::string_view id, std::optional<ItemClass> item_class);
  // Its id and class stay: a device may remember them.
  void EraseFolder(FolderNumber number);

  std::uint64_t host_version(FolderNumber number) const { return extra(number) != nullptr ? extra(number)->host_version : 0; }
  void SetHostVersion(FolderNumber number, std::uint64_t version);
  const Folder::Declaration* declaration(FolderNumber number) const {
    return extra(number) != nullptr && extra(number)->declaration ? &*extra(number)->declaration : nullptr;
  }
  void Declare(FolderNumber number, Folder::Declaration declaration) { Extend(number).declaration = std::move(declaration); }

  // ---- Devices

  DeviceNumber device_count() const { return devices_; }
  Device& device(DeviceNumber number) { return Devices()[number]; }
  const Device& device(DeviceNumber number) const { return Devices()[number]; }
  DeviceNumber NumberOf(const Device& device) const { return static_cast<DeviceNumber>(&device - Devices()); }
  std::string_view DeviceId(const Device& device) const {
    const auto* text = reinterpret_cast<const unsigned char*>(Texts() + device.place);
    return {reinterpret_cast<const char*>(text) + 1, *text};
  }
  DeviceNumber FindDevice(std::string_view id) const;  // kNoDevice if there is none
  DeviceNumber CreateDevice(std::string_view id);      // REQUIRES: FindDevice(id) == kNoDevice
  Version cursor(DeviceNumber device, FolderNumber folder) const {
    return folder < kMostInRow ? Cursors(device)[folder].Get() : FarCursor(device, folder);
  }
  void SetCursor(DeviceNumber device, FolderNumber folder, Version version) {
    if (folder < kMostInRow) return Cursors(device)[folder].Set(version);
    SetFarCursor(device, folder, version);
  }
  void ForgetCursors(DeviceNumber device);
  // Somebody else changed the folder after the device's cursor.
  bool Behind(DeviceNumber device, FolderNumber number) const { return folder(number).Behind(device, cursor(device, number)); }
  // Visits those of the folders in which the device is behind.
  template <typename Visit>
  void ForEachBehind(DeviceNumber device, const FolderSet& folders, Visit visit) const {
    const Folder* const all = Folders();
    const PackedVersion* const row = Cursors(device);
    folders.ForEach([&](FolderNumber number) {
      if (all[number].Behind(device, number < kMostInRow ? row[number].Get() : FarCursor(device, number))) visit(number);
    });
  }

  // Makes room, where it is known how much will come.
  void Reserve(std::size_t folders, std::size_t devices, std::size_t device_id_bytes);
  std::size_t bytes() const;
  // Asks for what a change or a PING will touch.
  void Prefetch() const {
    for (std::size_t at = 0; at < kPrefetched; at += kLine) __builtin_prefetch(bytes_ + at, 1);
    __builtin_prefetch(reinterpret_cast<const std::byte*>(this) + kLine, 1);
  }
  void CheckInvariants() const;

 private:
  static constexpr FolderNumber kScanned = 32;
  static constexpr FolderNumber kMostInRow = 64;  // cursors of a device; the others stand apart, since a shared mailbox has many of both
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kPrefetched = 8 * kLine;

  // What few mailboxes have.
  struct Side {
    std::vector<std::unique_ptr<Folder::Extra>> extras;  // by folder
    IdIndex folders;                                     // by name, once there are more than kScanned; living ones only
    IdIndex devices;                                     // by id, the same
  };
  struct Head {
    BlockPool* pool;
    std::unique_ptr<Side> side;
    std::uint32_t text_size = 0;
    std::uint32_t text_capacity = 0;
  };
  Head& head() { return *reinterpret_cast<Head*>(bytes_); }
  const Head& head() const { return *reinterpret_cast<const Head*>(bytes_); }
  FolderNames& names() { return head().pool->names(); }
  const FolderNames& names() const { return head().pool->names(); }
  Side& side();
  Device* Devices() { return reinterpret_cast<Device*>(bytes_ + device_offset_); }
  const Device* Devices() const { return const_cast<MailboxBlock*>(this)->Devices(); }
  Folder* Folders() { return reinterpret_cast<Folder*>(Devices() + device_capacity_); }
  const Folder* Folders() const { return const_cast<MailboxBlock*>(this)->Folders(); }
  PackedVersion* Cursors(DeviceNumber device) {
    return reinterpret_cast<PackedVersion*>(Folders() + folder_capacity_) + std::size_t{device} * RowOf(folder_capacity_);
  }
  const PackedVersion* Cursors(DeviceNumber device) const { return const_cast<MailboxBlock*>(this)->Cursors(device); }
  std::byte* Texts() { return reinterpret_cast<std::byte*>(Cursors(device_capacity_)); }
  const std::byte* Texts() const { return const_cast<MailboxBlock*>(this)->Texts(); }

  static std::size_t RowOf(std::size_t folders) { return folders < kMostInRow ? folders : kMostInRow; }
  Version FarCursor(DeviceNumber device, FolderNumber folder) const;
  void SetFarCursor(DeviceNumber device, FolderNumber folder, Version version);
  FolderNumber SearchFolder(std::string_view id) const;
  const Folder::Extra* extra(FolderNumber number) const {
    const Side* side = head().side.get();
    return side != nullptr && number < side->extras.size() ? side->extras[number].get() : nullptr;
  }
  Folder::Extra& Extend(FolderNumber number);
  void IndexFolder(FolderNumber number, bool appended);
  void Rebuild(std::size_t folders, std::size_t devices, std::size_t texts);

  std::byte* bytes_ = nullptr;
  std::uint32_t folders_ = 0;
  std::uint32_t folder_capacity_ = 0;
  std::uint32_t devices_ = 0;
  std::uint32_t device_capacity_ = 0;
  std::uint32_t living_ = 0;
  std::uint16_t id_size_ = 0;
  std::uint16_t device_offset_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_MAILBOX_BLOCK_H_
