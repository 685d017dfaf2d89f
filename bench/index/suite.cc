// SPDX-License-Identifier: Apache-2.0

#include "bench/index/suite.h"

#include <algorithm>
#include <type_traits>

#include "bench/index/hot_workloads.h"
#include "bench/index/latency.h"
#include "bench/index/mailwake_index.h"
#include "bench/index/rearm.h"
#include "bench/index/time_workloads.h"
#include "bench/rivals/condvar_index.h"
#include "bench/rivals/flat64_index.h"
#include "bench/rivals/flat_index.h"
#include "bench/rivals/signals2_index.h"

namespace mailwake::bench {
namespace {

constexpr double kAssumedBytes = 420;        // a PING, where ours has not been measured in this run
constexpr std::size_t kProbePings = 50'000;  // tell how much memory many would need

constexpr std::pair<const char*, double> kPercentiles[] = {{"p50", 50}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}};

std::string NameOf(std::string_view workload, std::string_view impl, std::size_t pings, std::uint32_t devices, int threads) {
  return std::string(workload) + "/" + std::string(impl) + "/pings:" + std::to_string(pings) + "/devices:" + std::to_string(devices) +
         "/threads:" + std::to_string(threads);
}

// Repeats `run()` until the framework has seen enough.
template <typename Run>
void Measure(benchmark::State& state, std::size_t operations, Run run) {
  Outcome total;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(operations))) {
    const Outcome outcome = run();
    if (!outcome.right()) {
      const std::string error = "wrong counts: " + std::to_string(outcome.wakes) + " wakes and " + std::to_string(outcome.ends) +
                                " other ends, expected " + std::to_string(outcome.expected);
      return state.SkipWithError(error.c_str());
    }
    // A workload that cannot say beforehand how many operations it comes to is scaled to as many as were announced.
    state.SetIterationTime(outcome.measured.seconds * static_cast<double>(operations) / static_cast<double>(outcome.operations));
    total.operations += outcome.operations;
    total.wakes += outcome.wakes;
    total.measured.allocations += outcome.measured.allocations;
    total.measured.cpu_seconds += outcome.measured.cpu_seconds;
  }
  const auto each = [&total](double sum) { return sum / static_cast<double>(total.operations); };
  state.counters["allocs"] = each(static_cast<double>(total.measured.allocations));
  state.counters["wakes"] = each(static_cast<double>(total.wakes));
  state.counters["cpu_ns"] = each(total.measured.cpu_seconds * 1e9);
}

}  // namespace

Suite::Suite(Sizes sizes) : sizes_(std::move(sizes)) {
  for (const std::size_t pings : sizes_.pings) {
    if (pings >= sizes_.large) {
      AddOrdinary<MailwakeIndex>(pings, 1);
      AddFloors(pings, 1);
      AddOrdinary<Flat64Index>(pings, 1);
      continue;
    }
    for (const std::uint32_t devices : {1U, 2U, 5U}) {
      AddOrdinary<MailwakeIndex>(pings, devices);
      AddFloors(pings, devices);
      AddOrdinary<Flat64Index>(pings, devices);
    }
    AddOrdinary<FlatIndex>(pings, 1);
    AddOrdinary<CondvarIndex>(pings, 1);
    AddOrdinary<Signals2Index>(pings, 1);
    AddRearm<WheelTimers>("mailwake", pings);
    AddRearm<MultimapTimers>("multimap", pings);
    AddRearm<PriorityTimers>("priority_queue", pings);
    AddRearm<AsioTimers>("asio", pings);
    const Place long_ids{"mailwake", {.mailboxes = pings, .kind = Kind::kLongIds}, pings, 1};
    AddCounted<MailwakeIndex>("cycle_long_ids", long_ids, Cycle<MailwakeIndex>);
  }
  AddHot<MailwakeIndex>();
  AddFloors(sizes_.hot, static_cast<std::uint32_t>(sizes_.hot), true);
  AddHot<Flat64Index>();
  AddHot<FlatIndex>();
  AddHot<CondvarIndex>();
  AddHot<Signals2Index>();
  for (const std::size_t pings : sizes_.pings) {
    if (pings < sizes_.large) AddStorm(pings);
  }
}

void Suite::Add(std::string_view workload, const Place& place, std::function<void(benchmark::State&)> run) {
  cases_.push_back({NameOf(workload, place.impl, place.pings, place.shape.devices, place.threads), std::move(run)});
}

template <Index I>
World<I>* Suite::WorldFor(const Place& place, benchmark::State& state) {
  floors_.Free();
  if (place.pings >= sizes_.large && !slot_.Holds<I>(place.shape)) {
    Shape probe = place.shape;
    probe.mailboxes = kProbePings / probe.devices;
    const double each = slot_.Get<I>(probe).bytes_per_ping + sizeof(Key) + sizeof(Step) + 3 * sizeof(std::uint32_t);
    slot_.Free();
    const double needed = 1.1 * each * static_cast<double>(place.pings);
    if (needed > static_cast<double>(AvailableMemory())) {
      const std::string error = "not enough memory: " + std::to_string(static_cast<int>(needed / 1e9)) + " GB needed";
      state.SkipWithError(error.c_str());
      return nullptr;
    }
  }
  World<I>& world = slot_.Get<I>(place.shape);
  if (std::is_same_v<I, MailwakeIndex> && place.shape.kind != Kind::kLongIds)
    bytes_[{place.pings, place.shape.devices}] = world.bytes_per_ping;
  return &world;
}

template <Index I, typename Workload>
void Suite::AddCounted(std::string_view workload, const Place& place, Workload run) {
  Add(workload, place, [this, place, run](benchmark::State& state) {
    World<I>* const world = WorldFor<I>(place, state);
    if (world == nullptr) return;
    run(*world, place.threads, std::min<std::size_t>(world->keys.steps(0).size(), 2000));  // what grows once has grown
    Measure(state, sizes_.batch, [&] { return run(*world, place.threads, sizes_.batch / kLanes); });
    state.counters["bytes_per_ping"] = world->bytes_per_ping;
    if (world->said_per_ping > 0) state.counters["said_per_ping"] = world->said_per_ping;
  });
}

template <Index I, typename Workload>
void Suite::AddWhole(std::string_view workload, const Place& place, Workload run) {
  Add(workload, place, [this, place, run](benchmark::State& state) {
    World<I>* const world = WorldFor<I>(place, state);
    if (world == nullptr) return;
    Measure(state, world->keys.pings(), [&] { return run(*world, place.threads); });
    state.counters["bytes_per_ping"] = world->bytes_per_ping;
  });
}

template <Index I>
void Suite::AddLatency(const Place& place) {
  Add("latency", place, [this, place](benchmark::State& state) {
    World<I>* const world = WorldFor<I>(place, state);
    if (world == nullptr) return;
    const auto changes = static_cast<std::size_t>(sizes_.rate * sizes_.latency_seconds);
    LatencyOutcome last;
    double mean_ns = 0;
    Measure(state, changes, [&] {
      last = Latency(*world, place.threads, sizes_.rate, sizes_.latency_seconds);
      Outcome outcome = last.outcome;
      const double changes_a_second = static_cast<double>(outcome.operations) / outcome.measured.seconds;
      state.counters["rate"] = changes_a_second;
      mean_ns = last.published.Mean();
      outcome.measured.seconds = mean_ns * 1e-9 * static_cast<double>(outcome.operations);
      return outcome;
    });
    for (const auto& [name, percent] : kPercentiles) state.counters[name] = last.published.Percentile(percent);
    state.counters.erase("cpu_ns");  // mostly waiting for the next change
    state.counters["p99_scheduled"] = last.scheduled.Percentile(99);
    state.counters["p99.9_scheduled"] = last.scheduled.Percentile(99.9);
    state.counters["bytes_per_ping"] = world->bytes_per_ping;
  });
}

template <Index I>
void Suite::AddOrdinary(std::size_t pings, std::uint32_t devices) {
  const auto place = [&](int threads) { return Place{I::name(), {.mailboxes = pings / devices, .devices = devices}, pings, threads}; };
  for (const int threads : {1, 2}) AddWhole<I>("churn", place(threads), Churn<I>);
  for (const int threads : {1, 2}) {
    AddCounted<I>("cycle", place(threads), Cycle<I>);
    AddCounted<I>("publish_unwatched", place(threads), PublishUnknown<I>);
    AddCounted<I>("publish_unwatched_folder", place(threads), PublishUnwatched<I>);
    AddCounted<I>("hold_cancel", place(threads), HoldCancel<I>);
    if (devices == 1) AddLatency<I>(place(threads));
  }
  for (const int threads : {1, 2}) AddWhole<I>("expire", place(threads), Expire<I>);
}

template <Index I>
void Suite::AddHot() {
  const auto devices = static_cast<std::uint32_t>(sizes_.hot);
  const Shape shared{.mailboxes = sizes_.hot / sizes_.shared, .devices = sizes_.shared, .kind = Kind::kShared};
  for (const int threads : {1, 2}) AddCounted<I>("hot_folder_one", Place{I::name(), shared, shared.pings(), threads}, Cycle<I>);
  for (const int threads : {1, 2}) {
    const Shape shape{.mailboxes = kLanes, .devices = devices, .kind = Kind::kHot};
    AddWhole<I>("hot_folder", Place{I::name(), shape, sizes_.hot, threads}, HotFolder<I>);
  }
}

template <typename Timers>
void Suite::AddRearm(std::string_view impl, std::size_t pings) {
  Add("rearm", {impl, {.mailboxes = pings}, pings, 1}, [this, pings](benchmark::State& state) {
    slot_.Free();
    Measure(state, sizes_.batch * 2, [&] { return Rearm<Timers>(pings, sizes_.batch * 2); });
  });
}

void Suite::AddStorm(std::size_t pings) {
  for (const int threads : {1, 2}) {
    const Place place{MailwakeIndex::name(), {.mailboxes = pings}, pings, threads};
    Add("storm", place, [this, place](benchmark::State& state) {
      slot_.Free();
      StormOutcome last;
      Measure(state, place.pings, [&] { return (last = storm_.Run(place.shape, place.threads)).outcome; });
      for (const auto& [name, latencies] : {std::pair("quiet_", &last.quiet), {"storm_", &last.meanwhile}}) {
        for (const auto& [at, percent] : kPercentiles) state.counters[name + std::string(at)] = latencies->Percentile(percent);
      }
    });
  }
}

std::size_t Suite::BytesOf(std::size_t pings, std::uint32_t devices) const {
  const auto found = bytes_.find({pings, devices});
  return static_cast<std::size_t>((found == bytes_.end() ? kAssumedBytes : found->second) * static_cast<double>(pings));
}

void Suite::AddFloors(std::size_t pings, std::uint32_t devices, bool line_only) {
  for (const int threads : {1, 2}) {
    const Place place{"floor", {.mailboxes = std::max<std::size_t>(pings / devices, kLanes), .devices = devices}, pings, threads};
    const auto add = [&](std::string_view name, auto run) {
      Add(name, place, [this, run](benchmark::State& state) { Measure(state, sizes_.batch * 2, run); });
    };
    const std::size_t mailboxes = place.shape.mailboxes;
    if (!line_only) {
      add("floor_lookup", [this, threads, mailboxes] { return floors_.Lookup(mailboxes, threads, sizes_.batch); });
      add("floor_miss", [this, threads, mailboxes] { return floors_.Miss(mailboxes, threads, sizes_.batch); });
      add("floor_chain", [this, threads, mailboxes] { return floors_.Chain(mailboxes, threads, sizes_.batch); });
    }
    add("floor_line", [this, threads, pings, devices] { return floors_.Line(BytesOf(pings, devices), threads, sizes_.batch); });
  }
}

}  // namespace mailwake::bench
