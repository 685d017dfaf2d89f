// SPDX-License-Identifier: Apache-2.0
//
// engine_benchmark: the engine, its rivals and the floors, on the same workloads.
//
//   engine_benchmark --benchmark_filter=^cycle/ --benchmark_format=json
//   PINGS=10000000 engine_benchmark        other numbers of PINGs than one and ten million
//   HOT=10000 engine_benchmark             another number of PINGs in a hot folder than a hundred thousand
//   engine_benchmark --smoke               a thousand PINGs: that all runs and the counts are right

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/index/plain_names.h"
#include "bench/index/suite.h"

namespace mailwake::bench {
namespace {

bool Take(std::vector<char*>& args, std::string_view flag) {
  const auto found = std::find(args.begin(), args.end(), flag);
  if (found == args.end()) return false;
  args.erase(found);
  return true;
}

Suite::Sizes SizesFromEnvironment() {
  Suite::Sizes sizes;
  const char* const given = std::getenv("PINGS");
  std::istringstream list(given == nullptr ? "1000000,10000000" : given);
  for (std::string number; std::getline(list, number, ',');) sizes.pings.push_back(std::stoull(number));
  if (const char* const hot = std::getenv("HOT")) sizes.hot = std::stoull(hot);
  return sizes;
}

int Main(int argc, char** argv) {
  std::vector<char*> args(argv, argv + argc);
  const bool smoke = Take(args, "--smoke");
  const bool list = Take(args, "--benchmark_list_tests") || Take(args, "--benchmark_list_tests=true");
  const bool to_file = std::any_of(args.begin(), args.end(), [](std::string_view arg) { return arg.starts_with("--benchmark_out="); });
  std::string quick = "--benchmark_min_time=0.001";
  if (smoke) args.push_back(quick.data());
  int count = static_cast<int>(args.size());
  args.push_back(nullptr);
  benchmark::Initialize(&count, args.data());
  if (benchmark::ReportUnrecognizedArguments(count, args.data())) return 1;

  // The filter sees the names as they are printed.
  std::string filter = benchmark::GetBenchmarkFilter();
  const bool all_but = filter.starts_with('-');
  const std::regex pattern(filter.empty() || filter == "all" ? "." : filter.substr(all_but ? 1 : 0));
  const Suite::Sizes tiny{
      .pings = {1000}, .batch = 1000, .hot = 1000, .shared = 100, .rate = 20'000, .latency_seconds = 0.02, .large = 1000'000};
  Suite suite(smoke ? tiny : SizesFromEnvironment());
  std::size_t chosen = 0;
  for (const Case& each : suite.cases()) {
    if (std::regex_search(each.name, pattern) == all_but) continue;
    ++chosen;
    if (list) std::cout << each.name << "\n";
    benchmark::RegisterBenchmark(each.name.c_str(), each.run)->UseManualTime()->Unit(benchmark::kNanosecond);
  }
  if (list || chosen == 0) return list ? 0 : 1;
  PlainNames display{std::unique_ptr<benchmark::BenchmarkReporter>(benchmark::CreateDefaultDisplayReporter())};
  PlainNames file{std::make_unique<benchmark::JSONReporter>()};
  benchmark::RunSpecifiedBenchmarks(&display, to_file ? &file : nullptr, ".");
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace mailwake::bench

int main(int argc, char** argv) {
  mallopt(M_MXFAST, 0);  // as the server does
  return mailwake::bench::Main(argc, argv);
}
