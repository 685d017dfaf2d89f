// SPDX-License-Identifier: Apache-2.0

#include "engine/src/judge.h"

#include <algorithm>
#include <limits>

#include "engine/src/plant.h"

namespace mailwake {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

Verdict End(EndReason reason) { return {.ends = true, .reason = reason}; }

Verdict WaitUntil(const Watch& watch, std::int64_t due_ms, Verdict::Wait wait) {
  return {.due_ms = std::min(due_ms, watch.deadline.ms()), .wait = wait};
}

bool HierarchyChanged(const Mailbox& mailbox, const Device& device) {
  return device.hierarchy_cursor && *device.hierarchy_cursor < mailbox.hierarchy.Get();
}

// There is a change that the device was not woken for.
bool HasNews(const Watch& watch, const FolderSet& behind) {
  bool news = false;
  behind.ForEach([&](FolderNumber number) { news |= !WasTold(*watch.mailbox, watch.mailbox->device(watch.device), watch.device, number); });
  return news;
}

Verdict JudgeHierarchy(const Watch& watch, const FolderSet& behind, std::int64_t now_ms) {
  const Device& device = watch.mailbox->device(watch.device);
  const bool repeated = device.told.hierarchy == MaybePacked(watch.mailbox->hierarchy.Get()) && !HasNews(watch, behind);
  const std::int64_t due_ms = repeated ? device.told.at.ms() + PaceDelayMs(device.repeats) : now_ms;
  if (now_ms >= std::min(due_ms, watch.deadline.ms())) return End(EndReason::kHierarchy);
  return WaitUntil(watch, due_ms, Verdict::Wait::kPaced);
}

}  // namespace

std::int64_t PaceDelayMs(std::uint8_t repeats) {
  if (repeats < kFreeRepeats || Planted(Plant::kNoPacing)) return 0;
  return std::min<std::int64_t>(5'000LL << std::min(repeats - kFreeRepeats, 10), 300'000);
}

bool WasTold(const Mailbox& mailbox, const Device& device, DeviceNumber number, FolderNumber folder) {
  return device.told_folders.Contains(folder) &&
         (mailbox.folder(folder).VersionFor(number) <= device.told.upto.Get() || Planted(Plant::kPaceNews));
}

Verdict Judge(const Options& options, const Watch& watch, std::int64_t now_ms, FolderSet& behind) {
  if (watch.forced) return End(*watch.forced);
  const Mailbox& mailbox = *watch.mailbox;
  const Device& device = mailbox.device(watch.device);
  behind.Clear();
  mailbox.ForEachBehind(watch.device, watch.folders, [&behind](FolderNumber number) { behind.Add(number); });
  if (watch.misfit || HierarchyChanged(mailbox, device)) return JudgeHierarchy(watch, behind, now_ms);

  std::int64_t due_ms = kNever;
  auto wait = Verdict::Wait::kNoChange;
  behind.ForEach([&](FolderNumber number) {
    const auto item_class = static_cast<std::size_t>(mailbox.folder(number).item_class().value_or(ItemClass::kEmail));
    std::int64_t folder_due_ms = device.woken_ms(item_class) + options.coalesce[item_class].count();
    auto folder_wait = Verdict::Wait::kCoalescing;
    if (WasTold(mailbox, device, watch.device, number)) {
      const std::int64_t paced_ms = device.told.at.ms() + PaceDelayMs(device.repeats);
      if (paced_ms > folder_due_ms) folder_wait = Verdict::Wait::kPaced;
      folder_due_ms = std::max(folder_due_ms, paced_ms);
    }
    if (folder_due_ms < due_ms) {
      due_ms = folder_due_ms;
      wait = folder_wait;
    }
  });

  const bool over = now_ms >= watch.deadline.ms() - (Planted(Plant::kTimerEarly) ? 1'000 : 0);
  if (over && !watch.draining && Planted(Plant::kNoCompareAtEnd)) return End(EndReason::kExpired);
  if (due_ms != kNever && (over || now_ms >= due_ms)) return End(watch.resync ? EndReason::kResync : EndReason::kChanged);
  if (over) return End(watch.draining ? EndReason::kDrained : EndReason::kExpired);
  return WaitUntil(watch, due_ms, wait);
}

}  // namespace mailwake
