// SPDX-License-Identifier: Apache-2.0
//
// Shrink: leaves out of a world that breaks a promise whatever it also breaks without: kinds of devices, networks and faults, mailboxes,
// devices, folders, time. What remains is told in few lines and played again with one command.
//
// Threads:    one thread.
// Cost:       at most so long, and one world more.
// Invariants: what it answers breaks the same promise, in the same words but for the numbers, and its story is not longer.
// Example:    Shrunk small = Shrink({}, RunSeed(42), std::chrono::seconds(20)); std::cerr << Flags(small.cut) << small.result.story;

#ifndef MAILWAKE_TESTS_SIM_SHRINK_H_
#define MAILWAKE_TESTS_SIM_SHRINK_H_

#include <chrono>

#include "tests/sim/cut.h"
#include "tests/sim/report.h"

namespace mailwake::sim {

struct Shrunk {
  Cut cut;
  SeedResult result;
  int tried = 0;  // worlds
};

// REQUIRES: broken.violation; `cut` is what its seed was played with.
Shrunk Shrink(const Cut& cut, const SeedResult& broken, std::chrono::duration<double> most);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_SHRINK_H_
