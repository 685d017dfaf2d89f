// SPDX-License-Identifier: Apache-2.0
//
// The workloads in which only time passes: heartbeats end, and their PINGs are held again. Virtual time goes in steps of half a second.
//
// Threads:    each thread steps through the same time and holds again what ended on it; the faster one's steps serve both, at most two
//             seconds ahead.
// Invariants: every PING ends at least once; an end that is not kExpired fails the benchmark.
// Example:    Outcome outcome = Expire(world, 1);

#ifndef MAILWAKE_BENCH_INDEX_TIME_WORKLOADS_H_
#define MAILWAKE_BENCH_INDEX_TIME_WORKLOADS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "bench/index/workloads.h"

namespace mailwake::bench {

inline constexpr std::int64_t kTimeStepMs = 500;
inline constexpr std::int64_t kMostAheadMs = 4 * kTimeStepMs;

// Lets `span` pass. `heartbeat(ping)`: with which a PING is held again.
template <typename I, typename Heartbeat>
Measured Pass(World<I>& world, int threads, std::chrono::milliseconds span, Heartbeat heartbeat) {
  constexpr std::size_t kAhead = 8;
  const std::int64_t start_ms = world.now_ms;
  std::array<std::atomic<std::int64_t>, kLanes> reached{start_ms, start_ms};
  const Measured measured = RunLanes(threads, [&](std::span<const int> lanes) {
    const auto self = static_cast<std::size_t>(lanes.front());
    for (std::int64_t now_ms = start_ms + kTimeStepMs; now_ms <= start_ms + span.count(); now_ms += kTimeStepMs) {
      // Not far ahead of the other: real time would not let one thread lag behind by minutes.
      while (threads > 1 && now_ms > reached[1 - self].load(std::memory_order_relaxed) + kMostAheadMs) std::this_thread::yield();
      reached[self].store(now_ms, std::memory_order_relaxed);
      Ended& first = world.EndedOf(lanes.front());
      Ended::Scope scope(first);
      world.index->Advance(now_ms);
      for (const int lane : lanes) world.index->Deliver(lane);
      auto& pings = first.pings();
      for (std::size_t i = 0; i < pings.size(); ++i) {
        if (i + kAhead < pings.size()) __builtin_prefetch(&world.keys[pings[i + kAhead]], 1);
        world.index->Hold(world.keys[pings[i]], heartbeat(pings[i]));
      }
      pings.clear();
    }
  });
  world.now_ms = start_ms + span.count();
  return measured;
}

template <typename I>
Outcome FinishPass(World<I>& world, const Measured& measured) {
  Outcome outcome{.measured = measured};
  CollectEnds(world, outcome);
  outcome.operations = outcome.ends;
  outcome.expected = std::max<std::uint64_t>(outcome.ends, world.keys.pings());  // nobody was forgotten
  return outcome;
}

// All PINGs held anew by and by, in an order that is not that of their making, so that heartbeats end evenly over ten minutes.
template <typename I>
void Stagger(World<I>& world) {
  std::vector<std::uint32_t> order(world.keys.order().begin(), world.keys.order().end());
  std::shuffle(order.begin(), order.end(), std::mt19937(11));
  const std::int64_t start_ms = world.now_ms;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const int lane = world.keys.LaneOf(order[i]);
    Ended::Scope scope(world.EndedOf(lane));
    world.index->Cancel(world.keys[order[i]]);
    world.index->Deliver(lane);
    world.index->Hold(world.keys[order[i]], kHeartbeat);
    const auto step = static_cast<std::int64_t>(i * (kHeartbeat / std::chrono::milliseconds(kTimeStepMs) - 10) / order.size());
    for (; world.now_ms < start_ms + step * kTimeStepMs; world.now_ms += kTimeStepMs) world.index->Advance(world.now_ms + kTimeStepMs);
  }
  for (Ended& ended : world.ended) ended.Reset();
  world.staggered = true;
}

// Ten minutes of a quiet night: every heartbeat is ten minutes.
template <typename I>
Outcome Churn(World<I>& world, int threads) {
  if (!world.staggered) Stagger(world);
  return FinishPass(world, Pass(world, threads, kHeartbeat + std::chrono::seconds(1), [](std::uint32_t) { return kHeartbeat; }));
}

// Heartbeats of one to two minutes: over a million ends, each held again, thousands in one step.
template <typename I>
Outcome Expire(World<I>& world, int threads) {
  const auto heartbeat = [](std::uint32_t ping) { return std::chrono::seconds(60 + ping % 60); };
  if (!world.hurried) {
    for (const std::uint32_t ping : world.keys.order()) {
      const int lane = world.keys.LaneOf(ping);
      Ended::Scope scope(world.EndedOf(lane));
      world.index->Cancel(world.keys[ping]);
      world.index->Deliver(lane);
      world.index->Hold(world.keys[ping], heartbeat(ping));
    }
    for (Ended& ended : world.ended) ended.Reset();
    world.hurried = true;
  }
  return FinishPass(world, Pass(world, threads, std::chrono::seconds(121), heartbeat));
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_TIME_WORKLOADS_H_
