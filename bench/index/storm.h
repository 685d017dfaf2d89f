// SPDX-License-Identifier: Apache-2.0
//
// Storm: after a restart every device comes back at once, with a PING that names nothing; versions, cursors and parameters are read from
// SQLite.
//
// Threads:    as RunLanes; the store's own beside them.
// Cost:       the store's file is made once a size, in TMPDIR or /tmp, and removed at the end.
// Invariants: every PING is held in the end, and none was woken: no cursor was lost.
// Example:    Storm storm; Outcome outcome = storm.Run({.mailboxes = 1000}, 1);

#ifndef MAILWAKE_BENCH_INDEX_STORM_H_
#define MAILWAKE_BENCH_INDEX_STORM_H_

#include <string>

#include "bench/index/workloads.h"

namespace mailwake::bench {

class Storm {
 public:
  Storm() = default;
  ~Storm() { Remove(); }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  Outcome Run(const Shape& shape, int threads);

 private:
  void Fill(const Keys& keys);
  void Remove();

  Shape shape_{.mailboxes = 0};
  std::string directory_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_STORM_H_
