// SPDX-License-Identifier: Apache-2.0
//
// Progress: tells on standard error how far a run is. On a terminal one line that is drawn anew, elsewhere a line every few seconds.
//
// Threads:    none; the main thread owns it.

#ifndef MAILWAKE_BENCH_FLEET_PROGRESS_H_
#define MAILWAKE_BENCH_FLEET_PROGRESS_H_

#include <string>

#include "bench/fleet/instant.h"

namespace mailwake::fleet {

class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();  // leaves the terminal on a line of its own
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const std::string& line);
  // Ends a phase: this line stays.
  void Keep(const std::string& line);

 private:
  void Draw(const std::string& line, bool stays);

  const bool quiet_;
  const bool terminal_;
  bool drawn_ = false;  // a line that may be drawn over
  Instant last_{};
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_PROGRESS_H_
