// SPDX-License-Identifier: Apache-2.0
//
// Floors: what the memory of this machine takes for the least that an index must do. Nothing that looks a mailbox up can be faster.
//
// Threads:    as RunLanes; each lane reads a random order of its own.
// Cost:       the tables are kept until another size is asked for, or Free.
// Invariants: operations of Lookup and Miss do not depend on each other, so that the processor overlaps them as it can: the kindest
//             reading of "floor". Those of Chain and Line wait for the one before, as a lone change does.
// Example:    Floors floors; Outcome outcome = floors.Lookup(1'000'000, 1, 500'000);

#ifndef MAILWAKE_BENCH_INDEX_FLOORS_H_
#define MAILWAKE_BENCH_INDEX_FLOORS_H_

#include <cstddef>
#include <memory>

#include "bench/index/workloads.h"

namespace mailwake::bench {

class Floors {
 public:
  Floors();
  ~Floors();
  // A find of a random 64-bit key in a flat_hash_map of that many entries, and a write to a random cache line of as many lines.
  Outcome Lookup(std::size_t entries, int threads, std::size_t count);
  // The same, the line known from the entry and the next find begun after the write.
  Outcome Chain(std::size_t entries, int threads, std::size_t count);
  // A find of an absent key there.
  Outcome Miss(std::size_t entries, int threads, std::size_t count);
  // A read of a random cache line of so many bytes, whose address the one before it told.
  Outcome Line(std::size_t bytes, int threads, std::size_t count);
  void Free();

 private:
  struct Table;
  struct Lines;
  Table& TableOf(std::size_t entries);

  std::unique_ptr<Table> table_;
  std::unique_ptr<Lines> lines_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_FLOORS_H_
