// SPDX-License-Identifier: Apache-2.0
//
// Verdicts on lateness: a PING that outlives its heartbeat, a wake that comes after its window, rivals that are not slowed.

#include <algorithm>
#include <string>

#include "tests/sim/model.h"

namespace mailwake::sim {
namespace {

constexpr std::int64_t kLongestRivalryMs = 60'000;
// A hanging Sync is held only when the front end has read what it needs, and answered when it has read what changed.
constexpr std::int64_t kHangingMs = 60'000;
// Two clients that nobody slows take each other's place hundreds of times in so long.
constexpr std::int64_t kRivalryMs = 600'000;
constexpr std::size_t kMostRivalries = 60;

}  // namespace

// Engine time from the call that held it; for as long as its clock was called late it may take longer.
std::int64_t Model::LongestHold(const Ping& ping) const {
  const std::int64_t most = *ping.spec.heartbeat_s * 1000 + 1000 + (now.slack - ping.held.slack);
  return ping.spec.exact ? most : most + kHangingMs;
}

std::string Model::WhyTooLate(const Ping& ping, EndReason reason) const {
  if (ping.heartbeat_known && AtLeast(ping.held, now) > LongestHold(ping)) {
    return "P6: a PING ends " + std::to_string(AtLeast(ping.held, now) - *ping.spec.heartbeat_s * 1000) + " ms after its heartbeat";
  }
  return reason == EndReason::kChanged || reason == EndReason::kResync ? WhyPastWindow(ping) : "";
}

// A change that waited for its window alone has to be told when that is over. (One that waits for nothing must wake at once:
// CheckHeld.)
std::string Model::WhyPastWindow(const Ping& ping) const {
  const PingSpec& spec = ping.spec;
  const Mailbox& box = boxes_[Index(spec.mailbox)];
  const Device& device = box.devices[Index(spec.device)];
  if (ping.rivalled || !ping.folders_known || box.spread || MayHierarchy(ping)) return {};
  for (const auto& [folder, change] : ping.waits) {
    const Cursor* cursor = FindCursor(spec.mailbox, spec.device, folder);
    const bool still = SurelyBehind(spec.mailbox, spec.device, folder) && (cursor == nullptr || cursor->high < change);
    if (!still || MayBePaced(ping, {folder}, false)) continue;
    const auto index = static_cast<std::size_t>(std::ranges::find(*spec.folders, folder, &FolderRef::folder)->item_class);
    const auto& woken = device.woken_perhaps[index];
    if (!woken) continue;
    const std::int64_t late = AtLeast(*woken, now) - profile_.coalesce_ms[index] - (now.slack - woken->slack);
    if (late > kTickMs) return "P7: a wake for " + FolderName(folder) + " comes " + std::to_string(late) + " ms after its window";
  }
  return {};
}

// Two clients with one device id are slowed, not left to replace each other at network speed. What a wake brings back is not counted.
std::string Model::WhyRivalsNotSlowed(const Ping& ping) {
  if (forgetful_) return {};  // a mailbox that leaves memory takes its rivalries along
  std::deque<std::int64_t>& times = DeviceOf(ping.spec.mailbox, ping.spec.device).superseded;
  times.push_back(now.mark);
  while (now.mark - times.front() > kRivalryMs) times.pop_front();
  if (times.size() <= 3) return {};
  stakes_.Count(Stake::kRivals);
  if (times.size() <= kMostRivalries) return {};
  return "P0: PINGs of one device took each other's place " + std::to_string(times.size()) + " times in ten minutes";
}

void Model::CheckAllDeadlines() {
  for (const Ping& ping : pings_) {
    if (!ping.live || !ping.heartbeat_known) continue;
    const std::int64_t most = ping.rivalled ? std::max(LongestHold(ping), kLongestRivalryMs) : LongestHold(ping);
    if (AtLeast(ping.held, now) > most) {
      return Fail(6, ping.spec.mailbox, ping.spec.device, "P6: a PING outlives its heartbeat by more than a second [held]");
    }
  }
}

}  // namespace mailwake::sim
