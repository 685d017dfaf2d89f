// SPDX-License-Identifier: Apache-2.0
//
// The end of a watch: judged once more, written down, and handed over to be delivered without the lock.

#include <algorithm>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/plant.h"
#include "engine/src/shard.h"

namespace mailwake {

bool Shard::Take(LoopId loop, std::size_t most, EndBatch& batch, Reused<HeartbeatSample>& samples, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  SlotQueue& ready = ready_[loop];
  for (std::size_t taken = 0; taken < most && !ready.empty(); ++taken) {
    const Slot slot = ready.Pop(Nexts());
    if (!At(slot).forced) ApplySuspicion(*At(slot).mailbox);
    const Verdict verdict = Judge(context_.options, At(slot), now_ms(), behind_);
    if (verdict.ends) {
      Conclude(slot, verdict.reason, batch, effects);
    } else {
      Wait(slot, verdict);  // the device has caught up since
    }
  }
  MoveSamples(samples);
  Settle(effects);
  return !ready.empty();
}

void Shard::Conclude(Slot slot, EndReason reason, EndBatch& batch, Effects&) {
  Watch& watch = At(slot);
  ++stats_.ends[static_cast<std::size_t>(reason)];
  const PingId id = IdOf(slot);
  PingEnd& end = batch.Add(std::move(watch.done));
  end.id = id;
  end.reason = reason;
  if (reason == EndReason::kRefused) {
    end.refusal = watch.rare->refusal;
    end.bound = watch.rare->bound;
  }
  if (reason == EndReason::kFailed) watch.Extend().retry_after_s = RetryAfter();
  if (watch.rare) end.retry_after = std::chrono::seconds(watch.rare->retry_after_s);

  Device::LastEnd last{.time = PackedTime(timeline_.clock().time_since_epoch().count()), .reason = reason};
  if (reason == EndReason::kChanged || reason == EndReason::kResync || reason == EndReason::kHierarchy)
    Tell(id, watch, reason, batch, last);
  EndRecord& record = batch.AddRecord();
  record.id = id;
  record.reason = reason;
  record.time = timeline_.clock();
  record.version = last.version.Get();
  record.folder.clear();
  if (watch.who() != nullptr) {
    record.mailbox = watch.who()->mailbox;
    record.device = watch.who()->device;
  } else {
    Device& device = watch.mailbox->device(watch.device);
    record.mailbox = watch.mailbox->id();
    record.device = watch.mailbox->DeviceId(device);
    if (last.folder != kNoFolder) record.folder = watch.mailbox->FolderId(last.folder);
    device.last_id = id;
    device.last_end = last;
    if (watch.delayed) --device.rivalry.delayed;
  }

  Unlink(slot);
  Mailbox* mailbox = watch.mailbox;
  watches_.Free(slot);
  if (mailbox != nullptr) {
    --mailbox->watches;
    Unpin(*mailbox);
  }
}

// Names the folders in which the device is behind, as has just been judged, and keeps what the device is being told. A PING that ends
// kHierarchy names none, but is a wake for what it is behind in.
void Shard::Tell(PingId id, Watch& watch, EndReason reason, EndBatch& batch, Device::LastEnd& last) {
  const Mailbox& mailbox = *watch.mailbox;
  Device& device = watch.mailbox->device(watch.device);
  const bool names = reason != EndReason::kHierarchy;
  bool news = false;
  Version upto = 0;
  if (names) {
    device.ForgetNamed();
  } else {
    const MaybePacked hierarchy(mailbox.hierarchy.Get());
    news = !(device.told.hierarchy == hierarchy);
    device.told.hierarchy = hierarchy;
    last.version = mailbox.hierarchy;
  }
  if (reason == EndReason::kResync) watch.folders.ForEach([&](FolderNumber number) { batch.AddName(mailbox.FolderId(number)); });
  behind_.ForEach([&](FolderNumber number) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const Folder& folder = mailbox.folder(number);
    const Version version = folder.VersionFor(watch.device);
    const bool lost = Planted(Plant::kLoseUnion) && last.folder != kNoFolder;
    if (reason == EndReason::kChanged && !lost) batch.AddName(mailbox.FolderId(number));
    news |= !WasTold(mailbox, device, watch.device, number);
    upto = std::max(upto, version);
    if (!names) return;
    if (last.folder == kNoFolder) {
      last.folder = number;
      last.version.Set(version);
    }
    const auto item_class = static_cast<std::size_t>(folder.item_class().value_or(ItemClass::kEmail));
    if (context_.options.coalesce[item_class].count() > 0) device.SetWoken(item_class, now_ms());
    if (context_.options.acknowledge != Acknowledge::kPing) return;
    device.Name().folders.emplace_back(number, version);
  });
  for (FolderNumber number = 0; names && Planted(Plant::kNamesUnwatched) && number < mailbox.folder_count(); ++number) {
    if (!watch.folders.Contains(number) && mailbox.Behind(watch.device, number)) batch.AddName(mailbox.FolderId(number));
  }
  if (names && device.named() != nullptr) device.named()->id = id;
  device.told_folders.Assign(behind_);
  device.told.upto.Set(upto);
  device.repeats = news ? 0 : static_cast<std::uint8_t>(std::min(device.repeats + 1, 100));
  device.told.at = PackedTime(now_ms());
}

}  // namespace mailwake
