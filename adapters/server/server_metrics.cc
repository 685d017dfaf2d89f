// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/server_metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <vector>

namespace mailwake::server {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Metric(MetricType type, const char* name, const char* help, std::uint64_t value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
  return {name, help, type, {metric}};
}

}  // namespace

std::string ServerMetricsText(const HttpsStats& stats, std::uint64_t logins_refused) {
  prometheus::ClientMetric build;
  build.label = {{"version", MAILWAKE_VERSION}};
  build.gauge.value = 1;
  const std::vector<MetricFamily> families = {
      {"mailwake_build_info", "Always 1; the version is the label", MetricType::Gauge, {build}},
      Metric(MetricType::Gauge, "mailwake_connections", "Connections open now", stats.connections),
      Metric(MetricType::Counter, "mailwake_connections_accepted_total", "Connections that were accepted", stats.accepted),
      Metric(MetricType::Counter, "mailwake_connections_refused_total", "Connections over a limit", stats.refused),
      Metric(MetricType::Counter, "mailwake_connections_shed_total", "Closed for others at limits of connections: nobody had logged in",
             stats.shed),
      Metric(MetricType::Counter, "mailwake_tls_handshakes_total", "TLS handshakes that succeeded", stats.handshakes),
      Metric(MetricType::Counter, "mailwake_tls_resumed_total", "TLS handshakes that were short, by a session ticket", stats.resumed),
      Metric(MetricType::Counter, "mailwake_tls_handshake_failures_total", "TLS handshakes that failed", stats.handshake_failures),
      Metric(MetricType::Gauge, "mailwake_tls_certificate_end_seconds", "When the certificate ends, since 1970; 0: there is none",
             static_cast<std::uint64_t>(std::max<std::int64_t>(stats.certificate_ends, 0))),
      Metric(MetricType::Counter, "mailwake_http_requests_total", "Requests read whole", stats.requests),
      Metric(MetricType::Counter, "mailwake_http_bad_requests_total", "Requests that were not HTTP or too large", stats.bad_requests),
      Metric(MetricType::Counter, "mailwake_http_paused_total", "Requests after which the next one had to wait", stats.paused),
      Metric(MetricType::Counter, "mailwake_logins_refused_total", "Wrong users or passwords", logins_refused),
  };
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace mailwake::server
