// SPDX-License-Identifier: Apache-2.0
//
// Measurements: what waiters cost a server, one figure after the other, and how soon they are woken.
//
// Threads:    one thread.
// Errors:     Unavailable: not all could connect, or broke.
// Example:    absl::StatusOr<nlohmann::ordered_json> figures = Measure(options, target, *speech, token);

#ifndef MAILWAKE_BENCH_WAITERS_MEASUREMENTS_H_
#define MAILWAKE_BENCH_WAITERS_MEASUREMENTS_H_

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/fleet/connection.h"
#include "bench/waiters/speech.h"

namespace mailwake::waiters {

struct MeasureOptions {
  int server_pid = 0;
  std::uint32_t waiting = 1000;
  double rate = 500;  // wakes a second, for the latency
  std::chrono::seconds heartbeat{1800};
  double seconds = 10;       // each figure
  double idle_seconds = 10;  // nothing happens
  std::uint32_t publishers = 16;
  std::uint32_t batch = 64;  // wakes a request, where the server takes several
};

// Holds them until each has been answered once and asks again: a whole heartbeat. What that cost.
absl::StatusOr<nlohmann::ordered_json> MeasureHold(const MeasureOptions& options, const fleet::Target& target, const Speech& speech);
// Only how soon they are woken.
absl::StatusOr<nlohmann::ordered_json> MeasureLatency(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                                      const std::string& token);
// Only what a wake costs at full load, with one and with many a publish.
absl::StatusOr<nlohmann::ordered_json> MeasureLoad(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                                   const std::string& token);
absl::StatusOr<nlohmann::ordered_json> Measure(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                               const std::string& token);

}  // namespace mailwake::waiters

#endif  // MAILWAKE_BENCH_WAITERS_MEASUREMENTS_H_
