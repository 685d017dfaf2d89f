// SPDX-License-Identifier: Apache-2.0
//
// What the HTTPS server tells of itself, as Prometheus text; GET /metrics adds it to the engine's.
//
// Threads:    pure.

#ifndef MAILWAKE_SERVER_SERVER_METRICS_H_
#define MAILWAKE_SERVER_SERVER_METRICS_H_

#include <cstdint>
#include <string>

#include "mailwake/adapters/https_server.h"

namespace mailwake::server {

std::string ServerMetricsText(const HttpsStats& stats, std::uint64_t logins_refused);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SERVER_METRICS_H_
