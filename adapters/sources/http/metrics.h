// SPDX-License-Identifier: Apache-2.0
//
// What an engine tells of itself, as Prometheus text. docs/http-api.md lists the metrics.
//
// Threads:    from any thread. Cost: O(shards).

#ifndef MAILWAKE_SOURCES_HTTP_METRICS_H_
#define MAILWAKE_SOURCES_HTTP_METRICS_H_

#include <string>

#include "mailwake/engine.h"

namespace mailwake::http_source {

std::string MetricsText(const Engine& engine);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_METRICS_H_
