// SPDX-License-Identifier: Apache-2.0
//
// LastWords: what the process still says when it dies in the middle of a seed, or when a seed does not come to its end.
//
// Threads:    call from one; the words may be spoken by any.
// Invariants: what was said last counts; nothing is allocated when it is spoken.
// Example:    WhenDying("seed 7", std::nullopt); WhenLate(600, "seed 7 does not end"); RunSeed(7); WhenLate(0, {});

#ifndef MAILWAKE_TESTS_SIM_LAST_WORDS_H_
#define MAILWAKE_TESTS_SIM_LAST_WORDS_H_

#include <optional>
#include <string_view>

namespace mailwake::sim {

// Who dies from now on says "`before`: died of SIGNAL`after`" and exits with that code; without one, as the signal has it.
void WhenDying(std::string_view before, std::string_view after, std::optional<int> code);
// When so many seconds have passed from now on, says `words` and exits 1. 0: never mind.
void WhenLate(double seconds, std::string_view words);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_LAST_WORDS_H_
