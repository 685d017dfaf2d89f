// SPDX-License-Identifier: Apache-2.0
//
// Report: what a run came to, as a table and as JSON.

#ifndef MAILWAKE_BENCH_FLEET_REPORT_H_
#define MAILWAKE_BENCH_FLEET_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/fleet/histogram.h"
#include "bench/fleet/ledger.h"

namespace mailwake::fleet {

struct Report {
  std::uint32_t devices = 0;
  std::uint32_t connected = 0;  // whose Ping waited when the changes began
  double connect_s = 0;         // until then
  double traffic_s = 0;
  Totals totals;
  Histogram latency;
  Histogram acknowledgement;
  std::optional<std::int64_t> server_rss_per_ping_bytes;
  std::uint64_t lost = 0;              // connections and answers
  std::uint64_t unanswered = 0;        // of these, connections: nobody listened
  std::uint64_t refused = 0;           // Pings that were answered with a 5xx
  std::uint64_t paused = 0;            // tries that devices put off
  std::uint64_t publish_failures = 0;  // requests with changes that had to be repeated
  std::uint64_t unacknowledged = 0;    // changes that were sent and never acknowledged
  std::uint64_t unsent = 0;            // changes that were due and not sent, since the server could not keep up
  std::string trouble;                 // the last thing that went wrong, if any
  std::vector<std::string> complaints;

  bool good() const { return connected == devices && totals.missed == 0 && totals.foreign == 0; }
};

std::string Table(const Report& report);
std::string Json(const Report& report);  // one line

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_REPORT_H_
