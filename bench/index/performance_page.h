// SPDX-License-Identifier: Apache-2.0
//
// PerformancePage: the second half of docs/performance.md, about the engine, and its drawing, from results. Holds no figure that was not
// measured.
//
// Threads:    pure functions.
// Example:    std::ofstream("docs/performance.md") << WithEngine(page, PerformancePage(results, "AMD EPYC"));

#ifndef MAILWAKE_BENCH_INDEX_PERFORMANCE_PAGE_H_
#define MAILWAKE_BENCH_INDEX_PERFORMANCE_PAGE_H_

#include <array>
#include <string>
#include <string_view>

#include "bench/index/results.h"

namespace mailwake::bench {

inline constexpr std::array<std::string_view, 5> kImpls = {"mailwake", "flat64", "flat", "condvar", "signals2"};
inline constexpr std::array<std::string_view, 6> kWorkloads = {"cycle",  "hold_cancel", "publish_unwatched", "publish_unwatched_folder",
                                                               "expire", "churn"};

inline constexpr std::string_view kEngineHeading = "# The engine";

std::string PerformancePage(const Results& results, const std::string& processor);
// `page`, whose first half is somebody else's, with this second one.
std::string WithEngine(std::string_view page, const std::string& engine);
// Bars on a logarithmic scale: one device a mailbox, one thread, the fewest PINGs that were measured.
std::string PerformanceDrawing(const Results& results);

// A time as people read it: "85 ns", "3.2 us"; "-" for none.
std::string TimeText(const Row* row);

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_PERFORMANCE_PAGE_H_
