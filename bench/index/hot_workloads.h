// SPDX-License-Identifier: Apache-2.0
//
// HotFolder: one folder that all devices of a mailbox watch; a change wakes them all. Each lane has such a mailbox.
//
// Threads:    as RunLanes.
// Cost:       timed from the change to the last completion; moving the cursors and holding the PINGs again is not.
// Invariants: every device of the mailbox is woken, once.
// Example:    Outcome outcome = HotFolder(world, 1);   // world.keys.shape().kind == Kind::kHot

#ifndef MAILWAKE_BENCH_INDEX_HOT_WORKLOADS_H_
#define MAILWAKE_BENCH_INDEX_HOT_WORKLOADS_H_

#include <array>
#include <cstdint>
#include <span>

#include "bench/index/workloads.h"

namespace mailwake::bench {

template <typename I>
Outcome HotFolder(World<I>& world, int threads) {
  std::array<Step, kLanes> steps;
  for (int lane = 0; lane < kLanes; ++lane) {
    const std::span<const Step> all = world.keys.steps(lane);
    steps[static_cast<std::size_t>(lane)] = all[world.PositionOf(lane)++ % all.size()];
  }
  Outcome outcome;
  outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      Ended::Scope scope(world.EndedOf(lane));
      const Step& step = steps[static_cast<std::size_t>(lane)];
      world.index->Publish(world.keys[step.ping].mailbox(), world.keys.FolderOf(step.ping, step.folder), {});
      world.index->Deliver(lane);
    }
  });
  for (int lane = 0; lane < kLanes; ++lane) {
    Ended::Scope scope(world.EndedOf(lane));
    for (const std::uint32_t ping : world.EndedOf(lane).pings()) {
      world.index->Sync(world.keys[ping], steps[static_cast<std::size_t>(lane)].folder);
      world.index->Hold(world.keys[ping], kHeartbeat);
    }
  }
  outcome.operations = outcome.expected = world.keys.pings();
  CollectEnds(world, outcome);
  return outcome;
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_HOT_WORKLOADS_H_
