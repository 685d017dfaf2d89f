// SPDX-License-Identifier: Apache-2.0

#include "bench/index/floors.h"

#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <vector>

namespace mailwake::bench {
namespace {

struct alignas(64) Line {
  std::uint64_t value = 0;
};

struct Table {
  explicit Table(std::size_t entries) : lines(entries) {
    std::mt19937_64 random(7);
    keys.reserve(entries);
    for (std::size_t i = 0; i < entries; ++i) keys.push_back(random());
    for (std::size_t i = 0; i < entries; ++i) map.emplace(keys[i], static_cast<std::uint32_t>(random() % entries));
    std::shuffle(keys.begin(), keys.end(), random);
  }

  std::vector<std::uint64_t> keys;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> map;
  std::vector<Line> lines;
};

// body(key) gives 0 in a way that the compiler and the processor must wait for.
template <typename Body>
Outcome Chain(const Table& table, int threads, std::size_t count, Body body) {
  Outcome outcome{.operations = count * kLanes};
  outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      std::size_t at = static_cast<std::size_t>(lane) * table.keys.size() / kLanes;
      for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t nothing = body(table.keys[at]) >> 40;
        benchmark::DoNotOptimize(nothing);
        at += 1 + nothing;
        if (at >= table.keys.size()) at = 0;
      }
    }
  });
  return outcome;
}

}  // namespace

Outcome FloorLookup(std::size_t entries, int threads, std::size_t count) {
  Table table(entries);
  return Chain(table, threads, count, [&table](std::uint64_t key) -> std::uint64_t {
    const std::uint32_t line = table.map.find(key)->second;
    return ++table.lines[line].value;
  });
}

Outcome FloorMiss(std::size_t entries, int threads, std::size_t count) {
  Table table(entries);
  return Chain(table, threads, count, [&table](std::uint64_t key) -> std::uint64_t {
    return table.map.find(key ^ 0x9E3779B97F4A7C15) == table.map.end() ? 0 : 1;
  });
}

Outcome FloorLine(std::size_t bytes, int threads, std::size_t count) {
  std::vector<Line> lines(std::max<std::size_t>(bytes / sizeof(Line), kLanes));
  std::vector<std::uint32_t> order(lines.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(7));
  for (std::size_t i = 0; i < order.size(); ++i) lines[order[i]].value = order[(i + 1) % order.size()];
  Outcome outcome{.operations = count * kLanes};
  outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      std::uint64_t at = order[static_cast<std::size_t>(lane) * order.size() / kLanes];
      for (std::size_t i = 0; i < count; ++i) at = lines[at].value;
      benchmark::DoNotOptimize(at);
    }
  });
  return outcome;
}

}  // namespace mailwake::bench
