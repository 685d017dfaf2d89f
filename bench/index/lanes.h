// SPDX-License-Identifier: Apache-2.0
//
// RunLanes: one body over both lanes, by one thread in turn or by two at once, timed from the common start to the last end.
//
// Threads:    called from one; the second one lives as long as the program, so that what a thread makes once is made once.
// Cost:       waking the second thread is not timed.
// Example:    Measured m = RunLanes(2, [&](std::span<const int> lanes) { for (int lane : lanes) Work(lane); });

#ifndef MAILWAKE_BENCH_INDEX_LANES_H_
#define MAILWAKE_BENCH_INDEX_LANES_H_

#include <cstdint>
#include <functional>
#include <span>

namespace mailwake::bench {

struct Measured {
  double seconds = 0;
  double cpu_seconds = 0;  // of both threads; on a busy machine the steadier figure
  std::uint64_t allocations = 0;
};

Measured RunLanes(int threads, const std::function<void(std::span<const int> lanes)>& body);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_LANES_H_
