// SPDX-License-Identifier: Apache-2.0
//
// Suite: all benchmarks by name, in the order in which they share a world: WORKLOAD/IMPL/pings:N/devices:D/threads:T.
//
// Threads:    one.
// Invariants: names are unique; those of one world stand together, and those that need its heartbeats evenly spread come first.
// Example:    Suite suite({.pings = {1'000'000}}); for (const Case& c : suite.cases()) Register(c.name, c.run);

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

#include "bench/index/floors.h"
#include "bench/index/storm.h"
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
    std::uint32_t shared = 1000;  // devices of a shared mailbox
    double rate = 200'000;        // changes a second, for latency
    double latency_seconds = 2;
    std::size_t large = 5'000'000;  // from here on fewer workloads, and only where memory allows
  };
  explicit Suite(Sizes sizes);
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;

  const std::vector<Case>& cases() const { return cases_; }

 private:
  struct Place {
    std::string_view impl;
    Shape shape;
    std::size_t pings = 0;  // as the name says it
    int threads = 1;
  };

  void Add(std::string_view workload, const Place& place, std::function<void(benchmark::State&)> run);
  // A workload that does as many operations as it is told; one that every PING goes through.
  template <Index I, typename Workload>
  void AddCounted(std::string_view workload, const Place& place, Workload run);
  template <Index I, typename Workload>
  void AddWhole(std::string_view workload, const Place& place, Workload run);
  template <Index I>
  void AddLatency(const Place& place);
  template <Index I>
  void AddOrdinary(std::size_t pings, std::uint32_t devices);
  template <Index I>
  void AddHot();
  template <typename Timers>
  void AddRearm(std::string_view impl, std::size_t pings);
  void AddFloors(std::size_t pings, std::uint32_t devices, bool line_only = false);
  void AddStorm(std::size_t pings);

  // Null, and the benchmark skipped, if memory does not allow it.
  template <Index I>
  World<I>* WorldFor(const Place& place, benchmark::State& state);
  std::size_t BytesOf(std::size_t pings, std::uint32_t devices) const;

  const Sizes sizes_;
  std::vector<Case> cases_;
  WorldSlot slot_;
  Floors floors_;
  Storm storm_;
  std::map<std::pair<std::size_t, std::uint32_t>, double> bytes_;  // a PING of ours, by PINGs and devices
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_SUITE_H_
