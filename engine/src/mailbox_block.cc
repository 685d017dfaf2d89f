// SPDX-License-Identifier: Apache-2.0

#include "engine/src/mailbox_block.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/id_hash.h"

namespace mailwake {
namespace {

constexpr std::size_t RoundUp(std::size_t size) { return (size + alignof(Device) - 1) / alignof(Device) * alignof(Device); }

// Room for one more: exactly, while there are few.
std::size_t Grown(std::size_t size) { return size < 16 ? size + 1 : size + size / 4; }

// Names are numbers in a row; the index wants bits everywhere.
std::uint32_t NameTag(FolderName name) { return name * 0x9E37'79B1; }

}  // namespace

MailboxBlock::MailboxBlock(std::string_view id, BlockPool& pool)
    : id_size_(static_cast<std::uint16_t>(id.size())), device_offset_(static_cast<std::uint16_t>(RoundUp(sizeof(Head) + id.size()))) {
  bytes_ = pool.Allocate(device_offset_);
  ::new (static_cast<void*>(bytes_)) Head{.pool = &pool};
  id.copy(reinterpret_cast<char*>(bytes_) + sizeof(Head), id.size());
}

MailboxBlock::~MailboxBlock() {
  for (FolderNumber number = 0; number < folders_; ++number) names().Release(folder(number).name());
  std::destroy_n(Devices(), devices_);
  BlockPool& pool = *head().pool;
  const std::size_t size = bytes();
  std::destroy_at(&head());
  pool.Free(bytes_, size);
}

std::size_t MailboxBlock::bytes() const { return static_cast<std::size_t>(Texts() - bytes_) + head().text_capacity; }

void MailboxBlock::Reserve(std::size_t folders, std::size_t devices, std::size_t device_id_bytes) {
  Rebuild(std::max<std::size_t>(folders, folder_capacity_), std::max<std::size_t>(devices, device_capacity_),
          std::max<std::size_t>(device_id_bytes + devices, head().text_capacity));
}

void MailboxBlock::Rebuild(std::size_t folders, std::size_t devices, std::size_t texts) {
  const std::size_t fixed = device_offset_ + devices * sizeof(Device) + folders * sizeof(Folder);
  const std::size_t row = RowOf(folders);
  const std::size_t text_at = fixed + devices * row * sizeof(PackedVersion);
  BlockPool& pool = *head().pool;
  const std::size_t size = bytes();
  std::byte* const grown = pool.Allocate(text_at + texts);
  std::copy_n(bytes_ + sizeof(Head), id_size_, grown + sizeof(Head));
  std::uninitialized_move_n(Devices(), devices_, reinterpret_cast<Device*>(grown + device_offset_));
  std::uninitialized_copy_n(Folders(), folders_, reinterpret_cast<Folder*>(grown + device_offset_ + devices * sizeof(Device)));
  auto* const cursors = reinterpret_cast<PackedVersion*>(grown + fixed);
  std::uninitialized_value_construct_n(cursors, devices * row);
  for (DeviceNumber number = 0; number < devices_; ++number) std::copy_n(Cursors(number), RowOf(folders_), cursors + number * row);
  std::copy_n(Texts(), head().text_size, grown + text_at);
  ::new (static_cast<void*>(grown)) Head(std::move(head()));
  std::destroy_n(Devices(), devices_);
  std::destroy_at(&head());
  pool.Free(bytes_, size);
  bytes_ = grown;
  folder_capacity_ = static_cast<std::uint32_t>(folders);
  device_capacity_ = static_cast<std::uint32_t>(devices);
  head().text_capacity = static_cast<std::uint32_t>(texts);
}

MailboxBlock::Side& MailboxBlock::side() {
  if (!head().side) head().side = std::make_unique<Side>();
  return *head().side;
}

// ---- Folders

FolderNumber MailboxBlock::SearchFolder(std::string_view id) const {
  const FolderName name = names().Find(id);
  if (name == kNoName) return kNoFolder;
  if (folders_ > kScanned)
    return head().side->folders.Find(NameTag(name), [&](FolderNumber number) { return folder(number).name() == name; });
  for (FolderNumber number = 0; number < folders_; ++number) {
    if (folder(number).name() == name && folder(number).alive()) return number;
  }
  return kNoFolder;
}

Folder& MailboxBlock::CreateFolder(FolderNumber number, std::string_view id, std::optional<ItemClass> item_class) {
  MAILWAKE_CHECK(number <= folders_);
  const FolderName name = names().Acquire(id);
  const bool appended = number == folders_;
  if (appended) {
    if (folders_ == folder_capacity_) Rebuild(Grown(folders_), device_capacity_, head().text_capacity);
    ++folders_;
  } else {
    MAILWAKE_CHECK(!folder(number).alive());
    names().Release(folder(number).name());
  }
  ++living_;
  Folder& made = *::new (static_cast<void*>(&folder(number))) Folder(name, item_class);
  IndexFolder(number, appended);
  return made;
}

void MailboxBlock::IndexFolder(FolderNumber number, bool appended) {
  if (folders_ <= kScanned) return;
  IdIndex& index = side().folders;
  if (appended && folders_ == kScanned + 1) {  // the first that is one too many to scan
    for (FolderNumber before = 0; before < number; ++before) {
      if (folder(before).alive()) index.Insert(NameTag(folder(before).name()), before);
    }
  }
  index.Insert(NameTag(folder(number).name()), number);
}

void MailboxBlock::EraseFolder(FolderNumber number) {
  MAILWAKE_CHECK(folder(number).alive());
  folder(number).Erase();
  if (extra(number) != nullptr) side().extras[number].reset();
  if (folders_ > kScanned) side().folders.Erase(NameTag(folder(number).name()), number);
  --living_;
}

void MailboxBlock::SetHostVersion(FolderNumber number, std::uint64_t version) {
  if (version != host_version(number)) Extend(number).host_version = version;
}

Folder::Extra& MailboxBlock::Extend(FolderNumber number) {
  auto& extras = side().extras;
  if (number >= extras.size()) {
    extras.reserve(folder_capacity_);
    extras.resize(number + 1);
  }
  if (!extras[number]) extras[number] = std::make_unique<Folder::Extra>();
  return *extras[number];
}

// ---- Devices

DeviceNumber MailboxBlock::FindDevice(std::string_view id) const {
  const auto is = [&](DeviceNumber number) { return SameId(DeviceId(device(number)), id); };
  if (devices_ > kScanned) {
    const std::uint32_t found = head().side->devices.Find(IdHash(id), is);
    return found == IdIndex::kNone ? kNoDevice : found;
  }
  for (DeviceNumber number = 0; number < devices_; ++number) {
    if (is(number)) return number;
  }
  return kNoDevice;
}

DeviceNumber MailboxBlock::CreateDevice(std::string_view id) {
  MAILWAKE_CHECK(devices_ < kNoDevice && id.size() <= 255);
  const std::size_t text = head().text_size + 1 + id.size();
  if (devices_ == device_capacity_ || text > head().text_capacity) {
    const std::size_t texts = devices_ < 16 ? text : text + text / 4;
    Rebuild(folder_capacity_, devices_ == device_capacity_ ? Grown(devices_) : device_capacity_,
            std::max<std::size_t>(texts, head().text_capacity));
  }
  const std::uint32_t place = head().text_size;
  Texts()[place] = static_cast<std::byte>(id.size());
  id.copy(reinterpret_cast<char*>(Texts()) + place + 1, id.size());
  head().text_size = static_cast<std::uint32_t>(text);
  const DeviceNumber number = devices_++;
  ::new (static_cast<void*>(&device(number))) Device(place);
  if (devices_ == kScanned + 1) {  // one too many to scan
    for (DeviceNumber before = 0; before < number; ++before) side().devices.Insert(IdHash(DeviceId(device(before))), before);
  }
  if (devices_ > kScanned) side().devices.Insert(IdHash(id), number);
  return number;
}

Version MailboxBlock::FarCursor(DeviceNumber number, FolderNumber folder) const {
  const Device::Rare* rare = device(number).rare.get();
  if (rare == nullptr) return 0;
  const auto found = rare->cursors.find(folder);
  return found == rare->cursors.end() ? 0 : found->second;
}

void MailboxBlock::SetFarCursor(DeviceNumber number, FolderNumber folder, Version version) {
  if (version != 0) {
    device(number).Extend().cursors[folder] = version;
  } else if (device(number).rare) {
    device(number).rare->cursors.erase(folder);
  }
}

void MailboxBlock::ForgetCursors(DeviceNumber device) {
  for (FolderNumber folder = 0; folder < folders_; ++folder) SetCursor(device, folder, 0);
}

void MailboxBlock::CheckInvariants() const {
  std::size_t living = 0;
  for (FolderNumber number = 0; number < folders_; ++number) {
    MAILWAKE_CHECK(folder(number).other() <= folder(number).version());
    MAILWAKE_CHECK(folder(number).origin() == kNoDevice || folder(number).origin() < devices_);
    if (!folder(number).alive()) continue;
    ++living;
    MAILWAKE_CHECK(FindFolder(FolderId(number), number + 1) == number);
  }
  MAILWAKE_CHECK(living == living_ && folders_ <= folder_capacity_ && devices_ <= device_capacity_);
  for (DeviceNumber number = 0; number < devices_; ++number) MAILWAKE_CHECK(FindDevice(DeviceId(device(number))) == number);
  if (head().side == nullptr) return;
  head().side->folders.CheckInvariants();
  head().side->devices.CheckInvariants();
  MAILWAKE_CHECK(folders_ <= kScanned || head().side->folders.size() == living_);
  MAILWAKE_CHECK(devices_ <= kScanned || head().side->devices.size() == devices_);
}

}  // namespace mailwake
