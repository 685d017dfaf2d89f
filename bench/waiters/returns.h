// SPDX-License-Identifier: Apache-2.0
//
// Returns: what it costs a server when all its devices come back at once after a restart: once with full handshakes, once with the tickets
// of before; handshakes and first requests apart.
//
// Threads:    one thread.
// Errors:     Unavailable: not all could come back.
// Example:    absl::StatusOr<nlohmann::ordered_json> figures = MeasureReturns(options, target, *speech, [] { return RestartServer(); });

#ifndef MAILWAKE_BENCH_WAITERS_RETURNS_H_
#define MAILWAKE_BENCH_WAITERS_RETURNS_H_

#include <absl/status/statusor.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "bench/waiters/measurements.h"

namespace mailwake::waiters {

// In each round the first requests have options.seconds to be answered, which would be a refusal.
// `next_server` starts the server anew, where the last one was, and gives its process; 0: it could not. REQUIRES: target.tls keeps
// sessions.
absl::StatusOr<nlohmann::ordered_json> MeasureReturns(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                                      const std::function<int()>& next_server);

}  // namespace mailwake::waiters

#endif  // MAILWAKE_BENCH_WAITERS_RETURNS_H_
