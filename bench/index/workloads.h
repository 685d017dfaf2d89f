// SPDX-License-Identifier: Apache-2.0
//
// The workloads in which time stands still: cycle, publish_unwatched, hold_cancel. Each runs so many operations over a lane's steps, and
// leaves the world as it found it: every PING held.
//
// Threads:    a lane's part by one thread; RunLanes gives the lanes.
// Invariants: the counts that come back are those that the steps demand (Outcome::right), or the benchmark fails.
// Example:    Outcome outcome = Cycle(world, 2, 100'000);

#ifndef MAILWAKE_BENCH_INDEX_WORKLOADS_H_
#define MAILWAKE_BENCH_INDEX_WORKLOADS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "bench/index/lanes.h"
#include "bench/index/world.h"

namespace mailwake::bench {

struct Outcome {
  Measured measured;
  std::uint64_t operations = 0;
  std::uint64_t wakes = 0;
  std::uint64_t expected = 0;  // wakes, or other ends that the workload brings about
  std::uint64_t ends = 0;
  bool right() const { return wakes + ends == expected; }
};

// Visits the next `count` steps of each lane: body(lane, step). The keys some steps ahead are asked for, as if a request brought them.
template <typename I, typename Body>
Measured VisitSteps(World<I>& world, int threads, std::size_t count, Body body) {
  constexpr std::size_t kAhead = 8;
  const Measured measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      Ended::Scope scope(world.EndedOf(lane));
      const std::span<const Step> steps = world.keys.steps(lane);
      std::size_t at = world.PositionOf(lane) % steps.size();
      for (std::size_t i = 0; i < count; ++i) {
        std::size_t ahead = at + kAhead;
        if (ahead >= steps.size()) ahead -= steps.size();
        __builtin_prefetch(&world.keys[steps[ahead].ping], 1);
        body(lane, steps[at]);
        if (++at == steps.size()) at = 0;
      }
    }
  });
  for (int lane = 0; lane < kLanes; ++lane) world.PositionOf(lane) += count;
  return measured;
}

// What the steps that were last visited demand.
template <typename I>
std::uint64_t ConcernedLast(World<I>& world, std::size_t count) {
  std::uint64_t concerned = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    const std::span<const Step> steps = world.keys.steps(lane);
    for (std::size_t i = 0; i < count; ++i) concerned += world.keys.Concerned(steps[(world.PositionOf(lane) - 1 - i) % steps.size()]);
  }
  return concerned;
}

template <typename I>
void CollectEnds(World<I>& world, Outcome& outcome) {
  for (Ended& ended : world.ended) {
    outcome.wakes += ended.count(End::kChanged);
    outcome.ends += ended.count(End::kExpired) + ended.count(End::kCancelled) + ended.count(End::kOther);
    ended.Reset();
  }
}

// A change, the PINGs woken, their completions run, the devices' cursors moved, the PINGs held again.
template <typename I>
void CycleStep(World<I>& world, int lane, const Step& step) {
  const Key& key = world.keys[step.ping];
  const std::string_view origin = step.origin == Step::kNobody ? std::string_view() : world.keys[step.origin].device();
  world.index->Publish(key.mailbox(), world.keys.FolderOf(step.ping, step.folder), origin);
  world.index->Deliver(lane);
  auto& woken = world.EndedOf(lane).pings();
  for (const std::uint32_t ping : woken) {
    Key& device = world.keys[ping];
    world.index->Sync(device, step.folder);
    world.index->Hold(device, kHeartbeat);
  }
  woken.clear();
}

template <typename I>
Outcome Cycle(World<I>& world, int threads, std::size_t count) {
  Outcome outcome;
  outcome.measured = VisitSteps(world, threads, count, [&](int lane, const Step& step) { CycleStep(world, lane, step); });
  outcome.operations = count * kLanes;
  outcome.expected = ConcernedLast(world, count);
  CollectEnds(world, outcome);
  return outcome;
}

// A change in a mailbox that nobody has heard of.
template <typename I>
Outcome PublishUnknown(World<I>& world, int threads, std::size_t count) {
  Outcome outcome;
  const Folder inbox = world.keys.FolderOf(0, 0);
  outcome.measured = VisitSteps(world, threads, count, [&](int, const Step& step) {
    const auto absent = Keys::Absent(world.keys[step.ping]);
    world.index->Publish({absent.data(), absent.size()}, inbox, {});
  });
  outcome.operations = count * kLanes;
  CollectEnds(world, outcome);
  return outcome;
}

// A change in a mailbox with PINGs, in a folder that none of them watches.
template <typename I>
Outcome PublishUnwatched(World<I>& world, int threads, std::size_t count) {
  Outcome outcome;
  outcome.measured = VisitSteps(world, threads, count, [&](int, const Step& step) {
    world.index->Publish(world.keys[step.ping].mailbox(), world.keys.FolderOf(step.ping, kFolders - 1), {});
  });
  outcome.operations = count * kLanes;
  CollectEnds(world, outcome);
  return outcome;
}

// The connection goes, another one comes.
template <typename I>
Outcome HoldCancel(World<I>& world, int threads, std::size_t count) {
  Outcome outcome;
  outcome.measured = VisitSteps(world, threads, count, [&](int lane, const Step& step) {
    Key& key = world.keys[step.ping];
    world.index->Cancel(key);
    world.index->Deliver(lane);
    world.EndedOf(lane).pings().clear();
    world.index->Hold(key, kHeartbeat);
  });
  outcome.operations = outcome.expected = count * kLanes;
  CollectEnds(world, outcome);
  return outcome;
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_WORKLOADS_H_
