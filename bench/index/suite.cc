// SPDX-License-Identifier: Apache-2.0

#include "bench/index/suite.h"

#include <algorithm>

#include "bench/index/floors.h"
#include "bench/index/mailwake_index.h"
#include "bench/index/time_workloads.h"
#include "bench/rivals/flat64_index.h"

namespace mailwake::bench {
namespace {

constexpr double kAssumedBytes = 420;  // a PING, where ours has not been measured in this run

std::string NameOf(std::string_view workload, std::string_view impl, std::size_t pings, std::uint32_t devices, int threads) {
  return std::string(workload) + "/" + std::string(impl) + "/pings:" + std::to_string(pings) + "/devices:" + std::to_string(devices) +
         "/threads:" + std::to_string(threads);
}

// Runs `run(count)` until the framework has seen enough; `outcome` is the last one, times and counts added up.
template <typename Run>
void Measure(benchmark::State& state, std::size_t operations, Run run) {
  Outcome total;
  while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(operations))) {
    const Outcome outcome = run();
    if (!outcome.right()) {
      state.SkipWithError(("wrong counts: " + std::to_string(outcome.wakes) + " wakes and " + std::to_string(outcome.ends) +
                           " other ends, expected " + std::to_string(outcome.expected))
                              .c_str());
      return;
    }
    // A workload that cannot say beforehand how many operations it comes to is scaled to as many as were announced.
    state.SetIterationTime(outcome.measured.seconds * static_cast<double>(operations) / static_cast<double>(outcome.operations));
    total.operations += outcome.operations;
    total.wakes += outcome.wakes;
    total.measured.allocations += outcome.measured.allocations;
  }
  const auto each = [&total](std::uint64_t count) { return static_cast<double>(count) / static_cast<double>(total.operations); };
  state.counters["allocs"] = each(total.measured.allocations);
  state.counters["wakes"] = each(total.wakes);
}

}  // namespace

Suite::Suite(Sizes sizes) : sizes_(std::move(sizes)) {
  for (const std::size_t pings : sizes_.pings) {
    for (const std::uint32_t devices : {1U, 2U, 5U}) {
      AddOrdinary<MailwakeIndex>(pings, devices);
      AddFloors(pings, devices);
      AddOrdinary<Flat64Index>(pings, devices);
    }
  }
}

void Suite::Add(std::string_view workload, const Place& place, std::function<void(benchmark::State&)> run) {
  cases_.push_back({NameOf(workload, place.impl, place.pings, place.shape.devices, place.threads), std::move(run)});
}

// A workload that does as many operations as it is told.
template <Index I, typename Workload>
void Suite::AddCounted(std::string_view workload, const Place& place, Workload run) {
  Add(workload, place, [this, place, run](benchmark::State& state) {
    World<I>& world = slot_.Get<I>(place.shape);
    bytes_[{place.pings, place.shape.devices}] = world.bytes_per_ping;
    run(world, place.threads, std::min<std::size_t>(world.keys.steps(0).size(), 2000));  // what grows once has grown
    Measure(state, sizes_.batch, [&] { return run(world, place.threads, sizes_.batch / kLanes); });
    state.counters["bytes_per_ping"] = world.bytes_per_ping;
  });
}

// A workload that every PING goes through.
template <Index I, typename Workload>
void Suite::AddWhole(std::string_view workload, const Place& place, Workload run) {
  Add(workload, place, [this, place, run](benchmark::State& state) {
    World<I>& world = slot_.Get<I>(place.shape);
    Measure(state, world.keys.pings(), [&] { return run(world, place.threads); });
    state.counters["bytes_per_ping"] = world.bytes_per_ping;
  });
}

template <Index I>
void Suite::AddOrdinary(std::size_t pings, std::uint32_t devices) {
  for (const int threads : {1, 2}) {
    const Place place{I::name(), {.mailboxes = pings / devices, .devices = devices}, pings, threads};
    AddCounted<I>("cycle", place, Cycle<I>);
    AddCounted<I>("publish_unwatched", place, PublishUnknown<I>);
    AddCounted<I>("publish_unwatched_folder", place, PublishUnwatched<I>);
    AddCounted<I>("hold_cancel", place, HoldCancel<I>);
    AddWhole<I>("expire", place, Expire<I>);
    AddWhole<I>("churn", place, Churn<I>);
  }
}

std::size_t Suite::BytesOf(std::size_t pings, std::uint32_t devices) const {
  const auto found = bytes_.find({pings, devices});
  return static_cast<std::size_t>((found == bytes_.end() ? kAssumedBytes : found->second) * static_cast<double>(pings));
}

void Suite::AddFloors(std::size_t pings, std::uint32_t devices) {
  for (const int threads : {1, 2}) {
    const Place place{"floor", {.mailboxes = pings / devices, .devices = devices}, pings, threads};
    const auto add = [&](std::string_view name, auto run) {
      Add(name, place, [this, run](benchmark::State& state) { Measure(state, sizes_.batch * 2, run); });
    };
    const std::size_t mailboxes = place.shape.mailboxes;
    add("floor_lookup", [this, threads, mailboxes] { return FloorLookup(mailboxes, threads, sizes_.batch); });
    add("floor_miss", [this, threads, mailboxes] { return FloorMiss(mailboxes, threads, sizes_.batch); });
    add("floor_line", [this, threads, pings, devices] { return FloorLine(BytesOf(pings, devices), threads, sizes_.batch); });
  }
}

}  // namespace mailwake::bench
