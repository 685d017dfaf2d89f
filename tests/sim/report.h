// SPDX-License-Identifier: Apache-2.0
//
// Report: what one seed showed, what many showed together, as text for people and as one JSON object for programs.
//
// Threads:    one thread.
// Example:    Totals totals; totals.Add(RunSeed(42)); std::cout << ToJson(totals);

#ifndef MAILWAKE_TESTS_SIM_REPORT_H_
#define MAILWAKE_TESTS_SIM_REPORT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/sim/cut.h"
#include "tests/sim/model.h"
#include "tests/sim/profile.h"
#include "tests/sim/stakes.h"

namespace mailwake::sim {

struct SeedResult {
  std::uint64_t seed = 0;
  Profile profile;  // of the world that was played
  std::optional<Violation> violation;
  std::string story;             // of the violation
  std::size_t story_length = 0;  // in lines, those that are left out too
  Stakes stakes;
  double device_hours = 0;
  std::uint64_t ends = 0;
  std::uint64_t events = 0;
  std::uint64_t fingerprint = 0;  // of the history
  double cpu_s = 0;
};

// Plays one seed, without what is cut from its world; if so many events do not end it, it stops there. Equal ones give equal results, but
// for the time they take.
SeedResult RunSeed(std::uint64_t seed, const Cut& cut = {}, std::uint64_t most_events = UINT64_MAX);

// What was broken, without the numbers that depend on the seed: the same fault has the same.
std::string Shape(const Violation& violation);

struct Totals {
  struct Share {
    std::uint64_t seeds = 0;
    std::uint64_t ends = 0;
    double cpu_s = 0;
    double ends_per_s() const { return cpu_s > 0 ? static_cast<double>(ends) / cpu_s : 0; }
  };
  std::uint64_t seeds = 0;
  std::uint64_t violations = 0;
  std::vector<std::uint64_t> broken;  // the first seeds that broke a promise
  double device_hours = 0;
  double seconds = 0;
  Share memory;
  Share sqlite;
  Stakes stakes;

  void Add(const SeedResult& result);
};

std::string ToJson(const Totals& totals);
void Print(const Totals& totals, std::ostream& out);
// How often each promise was at stake, as docs/promises.md has it.
void PrintTable(const Totals& totals, std::ostream& out);
// What was broken, on one line.
std::string Sentence(const SeedResult& result);
// And the history around it, and how to see it again.
void PrintViolation(const SeedResult& result, const std::string& replay, std::ostream& out);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_REPORT_H_
