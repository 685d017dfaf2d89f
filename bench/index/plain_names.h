// SPDX-License-Identifier: Apache-2.0
//
// PlainNames: a reporter that hands on to another one, without what the framework adds to a benchmark's name ("/manual_time" and the like).
//
// Threads:    one.
// Example:    PlainNames reporter(benchmark::CreateDefaultDisplayReporter()); benchmark::RunSpecifiedBenchmarks(&reporter, ".");

#ifndef MAILWAKE_BENCH_INDEX_PLAIN_NAMES_H_
#define MAILWAKE_BENCH_INDEX_PLAIN_NAMES_H_

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

namespace mailwake::bench {

class PlainNames : public benchmark::BenchmarkReporter {
 public:
  explicit PlainNames(std::unique_ptr<benchmark::BenchmarkReporter> to) : to_(std::move(to)) {}

  bool ReportContext(const Context& context) override {
    to_->SetOutputStream(&GetOutputStream());
    to_->SetErrorStream(&GetErrorStream());
    return to_->ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> plain = runs;
    for (Run& run : plain) run.run_name = {.function_name = run.run_name.function_name};
    to_->ReportRuns(plain);
  }
  void Finalize() override { to_->Finalize(); }

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> to_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_PLAIN_NAMES_H_
