// SPDX-License-Identifier: Apache-2.0
//
// Syncs in the model: how far each device has come, at least and at most.

#include <algorithm>

#include "tests/sim/model.h"

namespace mailwake::sim {

Seq Model::SyncBegins(int mailbox, int device) {
  history_.Add({.time = true_now,
                .what = What::kSyncBegins,
                .mailbox = static_cast<std::int16_t>(mailbox),
                .device = static_cast<std::int16_t>(device),
                .a = seq_});
  Active(DeviceOf(mailbox, device));
  return seq_;
}

void Model::SetLow(Cursor& cursor, Seq low) {
  cursor.low = low;
  const Seq when = ++seq_;
  // Of what no crash can undo, only the last counts.
  while (cursor.moves.size() > 1 && cursor.moves[1].first <= quiet_) cursor.moves.erase(cursor.moves.begin());
  cursor.moves.emplace_back(when, low);
}

void Model::SyncEnds(int mailbox, int device_number, Seq ticket, const std::vector<int>& folders, bool sure) {
  Device& device = DeviceOf(mailbox, device_number);
  Active(device);
  MayForget(device);
  sure = sure && !few_devices_;
  if (sure) device.seen = now;
  for (const int folder : folders) {
    history_.Add({.time = true_now,
                  .what = What::kSyncEnds,
                  .mailbox = static_cast<std::int16_t>(mailbox),
                  .device = static_cast<std::int16_t>(device_number),
                  .folder = static_cast<std::int16_t>(folder),
                  .a = ticket});
    Folder& facts = FolderOf(mailbox, folder);
    if (LatestForeign(facts, device_number) > ticket) stakes_.Count(Stake::kSyncOverlapped);
    Cursor& cursor = CursorOf(mailbox, device_number, folder);
    cursor.high = std::max(cursor.high, ticket);
    cursor.since_reset = std::max(cursor.since_reset, ticket);
    const Mailbox& box = boxes_[Index(mailbox)];
    const bool there = !box.declared || std::ranges::any_of(box.list, [&](const FolderRef& ref) { return ref.folder == folder; });
    const bool moves = sure && box.lists_pending == 0 && there;
    if (moves && ticket > cursor.low) SetLow(cursor, ticket);
    if (moves) device.repeats = 0;
    if (Index(folder) < device.told.size()) device.told[Index(folder)] = 0;
  }
}

void Model::CursorReset(int mailbox, int device, int folder, bool surely) {
  Cursor& cursor = CursorOf(mailbox, device, folder);
  Active(DeviceOf(mailbox, device));
  cursor.low = 0;
  cursor.moves.clear();
  if (!surely) {
    cursor.since_reset = 0;
    return;
  }
  cursor.high = cursor.since_reset;  // another client of the device may have synced meanwhile
  ++seq_;
  history_.Add({.time = true_now,
                .what = What::kCursorReset,
                .mailbox = static_cast<std::int16_t>(mailbox),
                .device = static_cast<std::int16_t>(device),
                .folder = static_cast<std::int16_t>(folder)});
}

void Model::FolderSyncEnds(int mailbox, int device_number, Seq low, Seq high, bool sure) {
  Device& device = DeviceOf(mailbox, device_number);
  history_.Add({.time = true_now,
                .what = What::kFolderSyncEnds,
                .mailbox = static_cast<std::int16_t>(mailbox),
                .device = static_cast<std::int16_t>(device_number),
                .a = high});
  device.list_high = std::max(device.list_high, high);
  Active(device);
  MayForget(device);
  if (!sure || few_devices_) return;
  device.seen = now;
  if (low > device.list_low) {
    device.list_low = low;
    device.list_moved = ++seq_;
    device.repeats = 0;
  }
  if (!device.list_known) device.list_known = ++seq_;
}

}  // namespace mailwake::sim
