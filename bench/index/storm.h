// SPDX-License-Identifier: Apache-2.0
//
// Storm: after a restart every device comes back at once, with a PING that names nothing; versions, cursors and parameters are read from
// SQLite.
//
// Threads:    as RunLanes; the store's own beside them.
// Cost:       the store's file is made once a size, in TMPDIR or /tmp, and removed at the end.
// Invariants: every PING is held in the end, and none was woken: no cursor was lost. Beside them stand the PINGs of a HotProbe, whose
//             mailboxes are in memory: `quiet` and `meanwhile` say how long their wakes take before the storm and in it.
// Example:    Storm storm; StormOutcome outcome = storm.Run({.mailboxes = 1000}, 1);

#ifndef MAILWAKE_BENCH_INDEX_STORM_H_
#define MAILWAKE_BENCH_INDEX_STORM_H_

#include <string>

#include "bench/index/latency.h"
#include "bench/index/workloads.h"

namespace mailwake::bench {

struct StormOutcome {
  Outcome outcome;
  Latencies quiet;
  Latencies meanwhile;
};

class Storm {
 public:
  Storm() = default;
  ~Storm() { Remove(); }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  StormOutcome Run(const Shape& shape, int threads);

 private:
  void Fill(const Keys& keys);
  void Remove();

  Shape shape_{.mailboxes = 0};
  std::string directory_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_STORM_H_
