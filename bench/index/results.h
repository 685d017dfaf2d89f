// SPDX-License-Identifier: Apache-2.0
//
// Results: what engine_benchmark measured, read from its JSON. Of repeated benchmarks the median is taken.
//
// Threads:    none of its own.
// Invariants: (1) names are WORKLOAD/IMPL/pings:N/devices:D/threads:T; others are left out; (2) one row a name.
// Example:    const Results results = ParseResults(json).value(); if (const Row* row = results.Find({"cycle", "mailwake", 1000000, 1, 1}))
// ...

#ifndef MAILWAKE_BENCH_INDEX_RESULTS_H_
#define MAILWAKE_BENCH_INDEX_RESULTS_H_

#include <absl/status/statusor.h>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace mailwake::bench {

struct RowName {
  std::string workload;
  std::string impl;
  std::uint64_t pings = 0;
  std::uint64_t devices = 0;
  std::uint64_t threads = 0;
  friend auto operator<=>(const RowName&, const RowName&) = default;
};

struct Row {
  double real_ns = 0;  // an operation
  std::map<std::string, double> counters;
  std::string error;  // why there is no figure

  std::optional<double> Counter(const std::string& name) const;
};

struct Results {
  std::map<RowName, Row> rows;
  std::string date;
  int processors = 0;
  int megahertz = 0;
  double load = 0;  // of the machine, when the run began

  // Null if it was not measured.
  const Row* Find(const RowName& name) const;
  // Worlds: PINGs and devices of all rows of a workload.
  std::set<std::pair<std::uint64_t, std::uint64_t>> WorldsOf(std::string_view workload) const;
};

absl::StatusOr<Results> ParseResults(const std::string& json);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_RESULTS_H_
