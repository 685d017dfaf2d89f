// SPDX-License-Identifier: Apache-2.0
//
// Rearm: a timer of many is cancelled and set again, ten minutes ahead, in random order: what each hold does to the timers alone.
//
// Threads:    one.
// Example:    Outcome outcome = Rearm<MultimapTimers>(1'000'000, 500'000);

#ifndef MAILWAKE_BENCH_INDEX_REARM_H_
#define MAILWAKE_BENCH_INDEX_REARM_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "bench/index/lanes.h"
#include "bench/index/workloads.h"

namespace mailwake::bench {

template <typename Timers>
Outcome Rearm(std::size_t timers, std::size_t count) {
  constexpr std::int64_t kHeartbeatMs = 600'000;
  constexpr std::int64_t kGridMs = 500;
  Timers under_test;
  std::vector<typename Timers::Handle> handles(timers);
  std::mt19937_64 random(7);
  for (std::uint32_t id = 0; id < timers; ++id) {
    under_test.Schedule(id, static_cast<std::int64_t>(random() % kHeartbeatMs) / kGridMs * kGridMs + kGridMs, handles[id]);
  }
  std::vector<std::uint32_t> order(count);
  for (std::uint32_t& id : order) id = static_cast<std::uint32_t>(random() % timers);
  Outcome outcome{.operations = count};
  outcome.measured = RunLanes(1, [&](std::span<const int>) {
    for (std::size_t i = 0; i < count; ++i) {
      under_test.Cancel(order[i], handles[order[i]]);
      under_test.Schedule(order[i], kHeartbeatMs + static_cast<std::int64_t>(i / 1000) * kGridMs, handles[order[i]]);
    }
  });
  handles.clear();  // before the timers
  return outcome;
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_REARM_H_
