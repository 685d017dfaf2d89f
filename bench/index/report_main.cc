// SPDX-License-Identifier: Apache-2.0
//
// engine_report: the half of docs/performance.md about the engine, and docs/performance.svg, from the JSON of engine_benchmark.
// bench/report calls it.
//
//   engine_report RESULTS.json docs

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "bench/index/performance_page.h"
#include "bench/index/results.h"

namespace {

std::string Processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "processor";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: engine_report RESULTS.json FOLDER\n";
    return 2;
  }
  std::ostringstream json;
  json << std::ifstream(argv[1]).rdbuf();
  const auto results = mailwake::bench::ParseResults(json.str());
  if (!results.ok()) {
    std::cerr << argv[1] << ": " << results.status() << "\n";
    return 1;
  }
  const std::string folder = argv[2];
  std::ostringstream before;
  before << std::ifstream(folder + "/performance.md").rdbuf();
  std::ofstream page(folder + "/performance.md");
  std::ofstream drawing(folder + "/performance.svg");
  page << mailwake::bench::WithEngine(before.str(), mailwake::bench::PerformancePage(*results, Processor()));
  drawing << mailwake::bench::PerformanceDrawing(*results);
  if (page.flush() && drawing.flush()) return 0;
  std::cerr << folder << ": cannot be written\n";
  return 1;
}
