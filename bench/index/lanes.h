// SPDX-License-Identifier: Apache-2.0
//
// RunLanes: one body over both lanes, by one thread in turn or by two at once, timed from the common start to the last end.
//
// Threads:    called from one; makes one more for two lanes at once.
// Cost:       making the second thread is not timed.
// Example:    Measured m = RunLanes(2, [&](std::span<const int> lanes) { for (int lane : lanes) Work(lane); });

#ifndef MAILWAKE_BENCH_INDEX_LANES_H_
#define MAILWAKE_BENCH_INDEX_LANES_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <thread>

#include "bench/index/keys.h"
#include "bench/index/memory.h"

namespace mailwake::bench {

struct Measured {
  double seconds = 0;
  std::uint64_t allocations = 0;
};

template <typename Body>
Measured RunLanes(int threads, Body body) {
  using Clock = std::chrono::steady_clock;
  static constexpr std::array<int, kLanes> kAll = {0, 1};
  Measured measured;
  if (threads == 1) {
    const std::uint64_t before = Allocations();
    const auto start = Clock::now();
    body(std::span<const int>(kAll));
    measured.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    measured.allocations = Allocations() - before;
    return measured;
  }
  std::atomic<int> ready{0};
  std::atomic<std::uint64_t> other_allocations{0};
  const auto run = [&](int lane) {
    ++ready;
    while (ready.load(std::memory_order_acquire) < kLanes) std::this_thread::yield();
    const std::uint64_t before = Allocations();
    body(std::span<const int>(&kAll[static_cast<std::size_t>(lane)], 1));
    return Allocations() - before;
  };
  Clock::time_point other_end;
  std::thread other([&] {
    other_allocations = run(1);
    other_end = Clock::now();
  });
  while (ready.load(std::memory_order_acquire) < kLanes - 1) std::this_thread::yield();
  const auto start = Clock::now();
  measured.allocations = run(0);
  const auto end = Clock::now();
  other.join();
  measured.seconds = std::chrono::duration<double>(std::max(end, other_end) - start).count();
  measured.allocations += other_allocations;
  return measured;
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_LANES_H_
