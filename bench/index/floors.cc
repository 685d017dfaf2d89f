// SPDX-License-Identifier: Apache-2.0

#include "bench/index/floors.h"

#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <vector>

namespace mailwake::bench {
namespace {

constexpr std::uint64_t kAbsent = 0x9E3779B97F4A7C15;  // turns a key into one that is not there

struct alignas(64) CacheLine {
  std::uint64_t value = 0;
};

// body(i) for `count` values of i below `size`, each lane from a place of its own.
template <typename Body>
Outcome Repeat(std::size_t size, int threads, std::size_t count, Body body) {
  Outcome outcome{.operations = count * kLanes};
  outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      std::size_t at = static_cast<std::size_t>(lane) * size / kLanes;
      for (std::size_t i = 0; i < count; ++i) {
        at += 1 + body(at);
        if (at >= size) at = 0;
      }
    }
  });
  return outcome;
}

}  // namespace

struct Floors::Table {
  explicit Table(std::size_t entries) : order(entries), lines(entries) {
    std::mt19937_64 random(7);
    keys.reserve(entries);
    for (std::size_t i = 0; i < entries; ++i) keys.push_back(random());
    for (std::size_t i = 0; i < entries; ++i) map.emplace(keys[i], static_cast<std::uint32_t>(random() % entries));
    std::shuffle(keys.begin(), keys.end(), random);
    for (std::uint32_t& line : order) line = static_cast<std::uint32_t>(random() % entries);
  }

  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> order;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> map;
  std::vector<CacheLine> lines;
};

struct Floors::Lines {
  explicit Lines(std::size_t count) : lines(count), order(count) {
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(7));
    for (std::size_t i = 0; i < count; ++i) lines[order[i]].value = order[(i + 1) % count];
  }

  std::vector<CacheLine> lines;
  std::vector<std::uint32_t> order;
};

Floors::Floors() = default;
Floors::~Floors() = default;

void Floors::Free() {
  table_.reset();
  lines_.reset();
}

Floors::Table& Floors::TableOf(std::size_t entries) {
  if (table_ == nullptr || table_->keys.size() != entries) {
    Free();
    table_ = std::make_unique<Table>(entries);
  }
  return *table_;
}

Outcome Floors::Lookup(std::size_t entries, int threads, std::size_t count) {
  Table& table = TableOf(entries);
  return Repeat(entries, threads, count, [&table](std::size_t at) {
    benchmark::DoNotOptimize(table.map.find(table.keys[at])->second);
    ++table.lines[table.order[at]].value;
    return std::size_t{0};
  });
}

Outcome Floors::Chain(std::size_t entries, int threads, std::size_t count) {
  Table& table = TableOf(entries);
  return Repeat(entries, threads, count, [&table](std::size_t at) {
    std::uint64_t nothing = ++table.lines[table.map.find(table.keys[at])->second].value >> 40;
    benchmark::DoNotOptimize(nothing);
    return static_cast<std::size_t>(nothing);
  });
}

Outcome Floors::Miss(std::size_t entries, int threads, std::size_t count) {
  const Table& table = TableOf(entries);
  return Repeat(entries, threads, count, [&table](std::size_t at) {
    benchmark::DoNotOptimize(table.map.contains(table.keys[at] ^ kAbsent));
    return std::size_t{0};
  });
}

Outcome Floors::Line(std::size_t bytes, int threads, std::size_t count) {
  const std::size_t size = std::max<std::size_t>(bytes / sizeof(CacheLine), kLanes);
  if (lines_ == nullptr || lines_->lines.size() != size) {
    lines_.reset();
    lines_ = std::make_unique<Lines>(size);
  }
  Outcome outcome{.operations = count * kLanes};
  outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      std::uint64_t at = lines_->order[static_cast<std::size_t>(lane) * size / kLanes];
      for (std::size_t i = 0; i < count; ++i) at = lines_->lines[at].value;
      benchmark::DoNotOptimize(at);
    }
  });
  return outcome;
}

}  // namespace mailwake::bench
