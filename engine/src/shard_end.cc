// SPDX-License-Identifier: Apache-2.0
//
// The ends of PINGs that do not come from versions: cancelled, revoked, shed, drained.

#include <algorithm>
#include <utility>

#include "engine/src/plant.h"
#include "engine/src/shard.h"

namespace mailwake {

bool Shard::Cancel(Slot slot, std::uint32_t generation, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  const Watch* watch = watches_.Find(slot, generation);
  if (watch == nullptr || watch->forced == EndReason::kCancelled) return false;
  if (Planted(Plant::kCancelRace) && watch->state == WatchState::kReady) return true;
  Force(slot, EndReason::kCancelled, effects);
  Settle(effects);
  return true;
}

std::size_t Shard::EndWatches(const MailboxKey& mailbox_id, std::optional<std::string_view> device, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  Mailbox* mailbox = FindMailbox(mailbox_id);
  if (mailbox == nullptr || mailbox->watches == 0) return 0;
  std::size_t ended = 0;
  for (const SlotList* list : {&mailbox->watchers, &mailbox->aside}) {
    ForEachOf(*list, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      Watch& watch = At(slot);
      const std::string_view id =
          watch.who() != nullptr ? std::string_view(watch.who()->device) : mailbox->DeviceId(mailbox->device(watch.device));
      if (device && id != *device) return;
      watch.Extend().refusal = Refusal::kRevoked;
      Force(slot, EndReason::kRefused, effects);
      ++ended;
    });
  }
  Settle(effects);
  return ended;
}

std::size_t Shard::Shed(std::size_t count, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  std::vector<Slot> parked;
  for (Slot slot = 0; slot < watches_.size(); ++slot) {
    if (At(slot).state == WatchState::kParked) parked.push_back(slot);
  }
  const std::size_t shed = std::min(count, parked.size());
  std::partial_sort(parked.begin(), parked.begin() + static_cast<std::ptrdiff_t>(shed), parked.end(),
                    [this](Slot a, Slot b) ABSL_NO_THREAD_SAFETY_ANALYSIS { return watches_[a].since.ms() > watches_[b].since.ms(); });
  for (std::size_t i = 0; i < shed; ++i) {
    At(parked[i]).Extend().retry_after_s = RetryAfter();
    Force(parked[i], EndReason::kShed, effects);
  }
  Settle(effects);
  return shed;
}

void Shard::Drain(Duration over, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  for (Slot slot = 0; slot < watches_.size(); ++slot) {
    Watch& watch = At(slot);
    const std::int64_t in_ms = over.count() > 0 ? static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(over.count() + 1)) : 0;
    const std::int64_t end_ms = now_ms() + in_ms;
    if (watch.state == WatchState::kParked || (watch.state == WatchState::kReady && !watch.forced)) {
      watch.draining = end_ms < watch.deadline.ms();
      watch.deadline = PackedTime(std::min(watch.deadline.ms(), end_ms));
      Reconsider(slot, effects);
    } else if (watch.state == WatchState::kClosing) {
      Park(slot, std::min(watch.timer.due.ms(), end_ms));
    } else if (watch.state == WatchState::kLoading) {
      Force(slot, EndReason::kDrained, effects);
    }
  }
  Settle(effects);
}

}  // namespace mailwake
