// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "bench/index/performance_page.h"
#include "bench/index/results.h"

namespace mailwake::bench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Entry(const std::string& name, const std::string& real_time, const std::string& more = "") {
  return R"({"name": ")" + name + R"(", "run_name": ")" + name + R"(", "real_time": )" + real_time + R"(, "threads": 1, "allocs": 0.5)" +
         more + "}";
}

std::string Json(const std::string& entries) {
  return R"({"context": {"date": "2026-02-03T04:05:06", "num_cpus": 2, "mhz_per_cpu": 2445, "load_avg": [0.5]}, "benchmarks": [)" +
         entries + "]}";
}

constexpr char kOurs[] = "cycle/mailwake/pings:1000/devices:1/threads:1";
constexpr char kRival[] = "cycle/flat64/pings:1000/devices:1/threads:1";
constexpr char kFloor[] = "floor_lookup/floor/pings:1000/devices:1/threads:1";

TEST(EngineReport, ReadsNamesTimesAndCounters) {
  const Results results = ParseResults(Json(Entry(kOurs, "250.0"))).value();
  const Row* const row = results.Find({"cycle", "mailwake", 1000, 1, 1});
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->real_ns, 250);
  EXPECT_EQ(row->Counter("allocs"), 0.5);
  EXPECT_EQ(row->Counter("threads"), std::nullopt);
  EXPECT_EQ(results.Find({"cycle", "mailwake", 1000, 1, 2}), nullptr);
}

TEST(EngineReport, TakesTheMedianOfSeveral) {
  const Results results = ParseResults(Json(Entry(kOurs, "250.0") + "," + Entry(kOurs, "900.0") + "," +
                                            Entry(kOurs, "300.0", R"(, "aggregate_name": "median")") + "," +
                                            Entry(kOurs, "70.0", R"(, "aggregate_name": "stddev")")))
                              .value();
  EXPECT_EQ(results.Find({"cycle", "mailwake", 1000, 1, 1})->real_ns, 300);
}

TEST(EngineReport, PassesOverWhatTheFrameworkCouldNotDivide) {
  const Results results = ParseResults(Json(Entry(kOurs, "300.0", R"(, "allocs": NaN, "wakes": -NaN)"))).value();
  const Row* row = results.Find({"cycle", "mailwake", 1000, 1, 1});
  EXPECT_EQ(row->real_ns, 300);
  EXPECT_EQ(row->Counter("allocs"), std::nullopt);
}

TEST(EngineReport, RefusesWhatIsNoBenchmarkRun) {
  EXPECT_FALSE(ParseResults("not JSON").ok());
  EXPECT_FALSE(ParseResults("{}").ok());
}

TEST(EngineReport, ComparesWithTheBestRivalAndTheFloor) {
  const Results results = ParseResults(Json(Entry(kOurs, "250.0") + "," + Entry(kRival, "1500.0") + "," + Entry(kFloor, "100.0"))).value();
  const std::string page = PerformancePage(results, "Processor");
  EXPECT_THAT(page, AllOf(HasSubstr("2 x Processor"), HasSubstr("| cycle | 1 | 250 ns | 1.50 us | - | - | - | 6.0 | 2.5 | 0.50 |")));
}

TEST(EngineReport, HasNoFigureThatWasNotMeasured) {
  const Results results = ParseResults(Json(Entry(kOurs, "0", R"(, "error_message": "not enough memory")"))).value();
  const std::string page = PerformancePage(results, "Processor");
  EXPECT_THAT(page, AllOf(HasSubstr("| cycle | 1 | not enough memory | - | - | - | - | - | - | - |"), Not(HasSubstr("nan"))));
}

TEST(EngineReport, LeavesTheOtherHalfOfThePageAlone) {
  const Results results = ParseResults(Json(Entry(kOurs, "250.0"))).value();
  const std::string engine = PerformancePage(results, "Processor");
  const std::string page = WithEngine("# Performance\n\nThe server.\n\n# The engine\n\nold figures\n", engine);
  EXPECT_EQ(page, "# Performance\n\nThe server.\n\n" + engine);
  EXPECT_EQ(WithEngine(page, engine), page);
  EXPECT_EQ(WithEngine("", engine), engine);
}

TEST(EngineReport, DrawsABarForEachThatWasMeasured) {
  const Results results = ParseResults(Json(Entry(kOurs, "250.0") + "," + Entry(kFloor, "100.0"))).value();
  const std::string drawing = PerformanceDrawing(results);
  EXPECT_THAT(drawing, AllOf(HasSubstr("mailwake 250 ns"), HasSubstr("floor_lookup 100 ns"), Not(HasSubstr("flat64"))));
}

}  // namespace
}  // namespace mailwake::bench
