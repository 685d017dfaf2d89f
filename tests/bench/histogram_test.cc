// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

namespace mailwake::fleet {
namespace {

using Micros = Histogram::Micros;
using namespace std::chrono_literals;

TEST(FleetHistogram, AnswersZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Percentile(99), 0us);
  EXPECT_EQ(histogram.max(), 0us);
  EXPECT_EQ(histogram.count(), 0u);
}

TEST(FleetHistogram, IsExactForSmallValues) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.Record(Micros(i));
  EXPECT_EQ(histogram.Percentile(50), 50us);
  EXPECT_EQ(histogram.Percentile(99), 99us);
  EXPECT_EQ(histogram.Percentile(100), 100us);
}

TEST(FleetHistogram, NeverAnswersLessThanTheTruthNorMuchMore) {
  std::mt19937_64 random(1);
  for (const double scale : {1e2, 1e4, 1e6, 1e9}) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 5000; ++i) {
      values.push_back(static_cast<std::int64_t>(std::exponential_distribution<double>(1 / scale)(random)));
      histogram.Record(Micros(values.back()));
    }
    std::ranges::sort(values);
    for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      const auto truth = values[static_cast<std::size_t>(std::ceil(percent / 100 * 5000)) - 1];
      EXPECT_GE(histogram.Percentile(percent).count(), truth);
      EXPECT_LE(histogram.Percentile(percent).count(), truth + truth / 60 + 1);
    }
    EXPECT_EQ(histogram.max().count(), values.back());
  }
}

TEST(FleetHistogram, HoldsValuesBeyondItsRange) {
  Histogram histogram;
  histogram.Record(Micros(-5));
  histogram.Record(1000h);
  EXPECT_EQ(histogram.Percentile(50), 0us);
  EXPECT_EQ(histogram.Percentile(100), 1000h);
}

}  // namespace
}  // namespace mailwake::fleet
