// SPDX-License-Identifier: Apache-2.0
//
// Suite: all benchmarks by name, in the order in which they share a world: WORKLOAD/IMPL/pings:N/devices:D/threads:T.
//
// Threads:    one.
// Invariants: names are unique; those of one world stand together.
// Example:    Suite suite(Suite::Sizes{.pings = 1'000'000}); for (const Case& c : suite.cases()) c.run(state);

#ifndef MAILWAKE_BENCH_INDEX_SUITE_H_
#define MAILWAKE_BENCH_INDEX_SUITE_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/index/workloads.h"
#include "bench/index/world.h"

namespace mailwake::bench {

struct Case {
  std::string name;
  std::function<void(benchmark::State&)> run;
};

class Suite {
 public:
  struct Sizes {
    std::vector<std::size_t> pings;
    std::size_t batch = 100'000;  // operations between two looks at the clock, both lanes together
    std::size_t hot = 100'000;    // PINGs that watch one folder
  };
  explicit Suite(Sizes sizes);
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;

  const std::vector<Case>& cases() const { return cases_; }

 private:
  struct Place {
    std::string_view impl;
    Shape shape;
    std::size_t pings = 0;
    int threads = 1;
  };
  using Run = std::function<Outcome(std::size_t count)>;

  void Add(std::string_view workload, const Place& place, std::function<void(benchmark::State&)> run);
  template <Index I>
  void AddOrdinary(std::size_t pings, std::uint32_t devices);
  template <Index I, typename Workload>
  void AddCounted(std::string_view workload, const Place& place, Workload run);
  template <Index I, typename Workload>
  void AddWhole(std::string_view workload, const Place& place, Workload run);
  void AddFloors(std::size_t pings, std::uint32_t devices);
  std::size_t BytesOf(std::size_t pings, std::uint32_t devices) const;

  const Sizes sizes_;
  std::vector<Case> cases_;
  WorldSlot slot_;
  std::map<std::pair<std::size_t, std::uint32_t>, double> bytes_;  // a PING of ours, by PINGs and devices
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_SUITE_H_
