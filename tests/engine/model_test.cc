// SPDX-License-Identifier: Apache-2.0
//
// The engine against a slow, obvious model: random operations, and after each of them the comparison. Checks P1 to P4, P6 and P7 from
// outside: no lost wake, no foreign wake, exactly one end, limits, deadlines, windows; and that what was acknowledged survives (P5).
//
// MAILWAKE_SEEDS=n          how many seeds (default 150)
// MAILWAKE_FIRST_SEED=n     the first one; a failure prints the seed and the last operations
// MAILWAKE_OPERATIONS=n     of each seed (default 1400)
// MAILWAKE_TRACE=1          prints every operation

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/support/engine_model_player.h"

namespace mailwake::testing {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// Each must really happen, or the test is blind.
const char* const kSituations[] = {
    "ended changed",
    "ended expired",
    "ended hierarchy",
    "ended resync",
    "ended superseded",
    "ended cancelled",
    "ended refused",
    "ended shed",
    "ended drained",
    "ended failed",
    "refused: invalid",
    "refused: missing parameters",
    "refused: heartbeat too short",
    "refused: heartbeat too long",
    "refused: too many folders",
    "refused: mailbox full",
    "refused: server full",
    "refused: revoked",
    "a PING leaves out its folders",
    "a PING leaves out its heartbeat",
    "a PING is paced",
    "a call fails",
    "a change of another class replaces a folder",
    "a change waits for a window",
    "a crash before the answer",
    "a declared folder is removed",
    "a hanging sync is woken",
    "a masked kind is published",
    "a pause",
    "a stale Cancel",
    "behind already when held",
    "held again inside the callback",
    "held while its mailbox loads",
    "the clock goes backwards",
    "the host repeats a change",
    "the same folder list again",
    "woken by several folders",
    "woken when a window ends",
    "woken when the heartbeat ends",
};

TEST(EngineModelTest, RandomOperationsAgreeWithTheModel) {
  const std::uint64_t first = FromEnvironment("MAILWAKE_FIRST_SEED", 1);
  const std::uint64_t seeds = FromEnvironment("MAILWAKE_SEEDS", 150);
  const std::uint64_t operations = FromEnvironment("MAILWAKE_OPERATIONS", 1400);
  Situations situations;
  std::uint64_t done = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    ModelPlayer player(seed, situations);
    while (player.operations() < operations && !HasFailure()) player.Step();
    if (!HasFailure()) player.Finish();
    done += player.operations();
    if (HasFailure()) {
      FAIL() << "MAILWAKE_FIRST_SEED=" << seed << " MAILWAKE_SEEDS=1 repeats this. The last operations:\n" << player.History();
    }
  }
  RecordProperty("operations", std::to_string(done));
  for (const auto& [situation, count] : situations) std::cout << count << "\t" << situation << "\n";
  std::cout << done << "\toperations\n";
  if (seeds < 100) return;  // somebody looks at a few seeds
  for (const char* situation : kSituations) EXPECT_GT(situations[situation], 0u) << "never happened: " << situation;
}

}  // namespace
}  // namespace mailwake::testing
