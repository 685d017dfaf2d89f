// SPDX-License-Identifier: Apache-2.0
//
// Latency: from Publish to completion, with changes at a fixed rate, whatever the index makes of it.
//
// Threads:    each thread publishes its share and holds again whom it woke.
// Cost:       every sample is kept: 8 bytes a change.
// Invariants: a publisher that is behind its schedule does not wait; `late` tells how far from the scheduled time completions came.
// Example:    LatencyOutcome outcome = Latency(world, 2, 200'000, 2.0);

#ifndef MAILWAKE_BENCH_INDEX_LATENCY_H_
#define MAILWAKE_BENCH_INDEX_LATENCY_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "bench/index/workloads.h"

namespace mailwake::bench {

// Nanoseconds, sorted.
class Latencies {
 public:
  void Add(std::chrono::steady_clock::duration value) {
    values_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(value / std::chrono::nanoseconds(1), 0, UINT32_MAX)));
  }
  void Reserve(std::size_t count) { values_.reserve(count); }
  void Merge(const Latencies& other) { values_.insert(values_.end(), other.values_.begin(), other.values_.end()); }
  void Sort() { std::sort(values_.begin(), values_.end()); }
  // The value that `percent` of all do not exceed. REQUIRES: sorted, not empty.
  double Percentile(double percent) const {
    const auto rank = static_cast<std::size_t>(percent / 100 * static_cast<double>(values_.size()));
    return values_[std::min(rank, values_.size() - 1)];
  }
  double Mean() const { return std::accumulate(values_.begin(), values_.end(), 0.0) / static_cast<double>(values_.size()); }

 private:
  std::vector<std::uint32_t> values_;
};

struct LatencyOutcome {
  Outcome outcome;
  Latencies published;  // since Publish was called
  Latencies scheduled;  // since it should have been called
};

template <typename I>
LatencyOutcome Latency(World<I>& world, int threads, double rate, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto count = static_cast<std::size_t>(rate * seconds / threads);  // a thread
  const auto interval = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(threads / rate));
  std::array<LatencyOutcome, kLanes> parts;
  for (LatencyOutcome& part : parts) {
    part.published.Reserve(count);
    part.scheduled.Reserve(count);
  }
  LatencyOutcome result;
  result.outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    LatencyOutcome& part = parts[static_cast<std::size_t>(lanes.front())];
    Clock::time_point due = Clock::now();
    for (std::size_t i = 0; i < count; ++i, due += interval) {
      const int lane = lanes[i % lanes.size()];
      Ended::Scope scope(world.EndedOf(lane));
      const std::span<const Step> steps = world.keys.steps(lane);
      const Step& step = steps[world.PositionOf(lane)++ % steps.size()];
      const Key& key = world.keys[step.ping];
      const std::string_view mailbox = key.mailbox();
      const Folder folder = world.keys.FolderOf(step.ping, step.folder);
      __builtin_prefetch(&key, 1);
      Clock::time_point now = Clock::now();
      while (now < due) now = Clock::now();
      world.index->Publish(mailbox, folder, {});
      world.index->Deliver(lane);
      const Clock::time_point end = Clock::now();
      part.published.Add(end - now);
      part.scheduled.Add(end - due);
      auto& woken = world.EndedOf(lane).pings();
      part.outcome.expected += world.keys.Concerned({.ping = step.ping, .folder = step.folder});
      for (const std::uint32_t ping : woken) {
        world.index->Sync(world.keys[ping], step.folder);
        world.index->Hold(world.keys[ping], kHeartbeat);
      }
      woken.clear();
    }
  });
  for (const LatencyOutcome& part : parts) {
    result.published.Merge(part.published);
    result.scheduled.Merge(part.scheduled);
    result.outcome.expected += part.outcome.expected;
  }
  result.published.Sort();
  result.scheduled.Sort();
  result.outcome.operations = count * static_cast<std::size_t>(threads);
  CollectEnds(world, result.outcome);
  return result;
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_LATENCY_H_
