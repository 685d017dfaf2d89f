// SPDX-License-Identifier: Apache-2.0
//
// Floors: what the memory of this machine takes for the least that an index must do. Nothing that looks a mailbox up can be faster.
//
// Threads:    as RunLanes; each lane reads a random order of its own.
// Cost:       each makes its memory, runs and frees it.
// Invariants: each operation waits for the one before it, as a lone change would.
// Example:    Outcome outcome = FloorLookup(1'000'000, 1, 500'000);

#ifndef MAILWAKE_BENCH_INDEX_FLOORS_H_
#define MAILWAKE_BENCH_INDEX_FLOORS_H_

#include <cstddef>

#include "bench/index/workloads.h"

namespace mailwake::bench {

// A find of a random 64-bit key in a flat_hash_map of that many entries, and a write to a random cache line of as many lines.
Outcome FloorLookup(std::size_t entries, int threads, std::size_t count);
// A find of an absent key there.
Outcome FloorMiss(std::size_t entries, int threads, std::size_t count);
// A read of a random cache line of so many bytes, whose address the one before it told.
Outcome FloorLine(std::size_t bytes, int threads, std::size_t count);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_FLOORS_H_
