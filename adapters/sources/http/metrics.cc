// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

namespace mailwake::http_source {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Families {
 public:
  void Gauge(const char* name, const char* help, double value) { Add(MetricType::Gauge, name, help, value, {}); }
  void Counter(const char* name, const char* help, std::uint64_t value) {
    Add(MetricType::Counter, name, help, static_cast<double>(value), {});
  }
  // Further values of one name stand together under one head.
  void Add(MetricType type, const char* name, const char* help, double value, std::vector<ClientMetric::Label> labels) {
    if (families_.empty() || families_.back().name != name) families_.push_back({name, help, type, {}});
    ClientMetric metric;
    metric.label = std::move(labels);
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddStats(const Stats& stats, Families& out) {
  out.Gauge("mailwake_pings_held", "PINGs that wait now", static_cast<double>(stats.pings_held));
  out.Gauge("mailwake_mailboxes", "Mailboxes in memory now", static_cast<double>(stats.mailboxes));
  out.Gauge("mailwake_memory_bytes", "What mailboxes and PINGs take", static_cast<double>(stats.memory_bytes));
  out.Gauge("mailwake_mailboxes_loading", "Mailboxes that are being read from the store now", static_cast<double>(stats.mailboxes_loading));
  out.Gauge("mailwake_unsaved_mailboxes", "Mailboxes of which a write failed and is tried again",
            static_cast<double>(stats.unsaved_mailboxes));
  out.Counter("mailwake_holds_total", "PINGs that were asked for", stats.holds);
  out.Counter("mailwake_changes_total", "Changes that got a version", stats.changes);
  out.Counter("mailwake_change_repeats_total", "Changes at or below the host's own number of the folder", stats.repeats);
  out.Counter("mailwake_changes_masked_total", "Changes of a kind that wakes nobody", stats.masked);
  out.Counter("mailwake_wakes_paced_total", "Wakes held back: the device was told and has not synced", stats.wakes_paced);
  out.Counter("mailwake_commits_total", "Batches given to the store", stats.commits);
  out.Counter("mailwake_commit_failures_total", "Batches that the store refused", stats.commit_failures);
  out.Counter("mailwake_load_failures_total", "Mailboxes that the store could not read", stats.load_failures);
  for (std::size_t i = 0; i < kEndReasons; ++i) {
    out.Add(MetricType::Counter, "mailwake_ping_ends_total", "PINGs that ended, by reason", static_cast<double>(stats.ends[i]),
            {{"reason", std::string(Name(static_cast<EndReason>(i)))}});
  }
}

void AddHeartbeats(const Engine& engine, Families& out) {
  const std::pair<const char*, HeartbeatReport> reports[] = {{"ping", engine.Heartbeats(PingKind::kPing)},
                                                             {"sync", engine.Heartbeats(PingKind::kSync)}};
  const auto each = [&](const char* name, const char* help, auto value) {
    for (const auto& [kind, report] : reports) {
      out.Add(MetricType::Gauge, name, help, static_cast<double>(value(report)), {{"kind", kind}});
    }
  };
  each("mailwake_heartbeat_samples", "Heartbeats in the sliding window", [](const HeartbeatReport& r) { return r.samples; });
  each("mailwake_heartbeat_mean_seconds", "Their mean", [](const HeartbeatReport& r) { return r.mean.count(); });
  each("mailwake_heartbeat_alarm", "1: the window is full and the mean is too short", [](const HeartbeatReport& r) { return r.alarm; });
  each("mailwake_heartbeat_short_devices", "Devices in the window whose heartbeat is too short",
       [](const HeartbeatReport& r) { return r.devices; });
}

}  // namespace

std::string MetricsText(const Engine& engine) {
  Families families;
  AddStats(engine.stats(), families);
  AddHeartbeats(engine, families);
  return families.Text();
}

}  // namespace mailwake::http_source
