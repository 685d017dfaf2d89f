// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace mailwake::fleet {
namespace {

double Millis(Histogram::Micros value) { return static_cast<double>(value.count()) / 1000; }

std::string Decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

class Rows {
 public:
  void Add(const char* name, const std::string& value, const std::string& note = "") {
    char line[256];
    std::snprintf(line, sizeof line, "  %-18s %14s  %s", name, value.c_str(), note.c_str());
    text_ += line;
    text_.resize(text_.find_last_not_of(' ') + 1);
    text_ += '\n';
  }
  // Left out if there was none.
  void Some(const char* name, std::uint64_t value, const std::string& note) {
    if (value > 0) Add(name, std::to_string(value), note);
  }
  std::string Take() { return std::move(text_); }
  void Line(const std::string& line) { text_ += line + "\n"; }

 private:
  std::string text_;
};

}  // namespace

std::string Table(const Report& report) {
  const Totals& totals = report.totals;
  Rows rows;
  rows.Line("");
  rows.Add("devices", std::to_string(report.devices));
  rows.Add("connected", std::to_string(report.connected),
           "in " + Decimal(report.connect_s, 1) + " s, TLS handshake and first Sync included");
  rows.Add("changes", std::to_string(totals.changes),
           "acknowledged, in " + Decimal(report.traffic_s, 1) + " s; " + std::to_string(totals.own_changes) + " made by a device itself");
  rows.Add("wakes expected", std::to_string(totals.wakes_expected), "one for each device and folder that a change concerned");
  rows.Add("wakes", std::to_string(totals.wakes), "in " + std::to_string(totals.answers) + " Ping answers");
  rows.Add("missed", std::to_string(totals.missed));
  rows.Add("foreign", std::to_string(totals.foreign));
  rows.Some("covered", totals.covered, "needed no wake: the device's own Sync came first");
  rows.Some("undecided", totals.undecided, "changed during the device's own Sync: a wake may or may not be due");
  rows.Some("repeated", totals.repeated, "named again before the device had synced");
  rows.Some("late", totals.late, "of the wakes: took longer than --grace");
  rows.Some("lost connections", report.lost, "or answers");
  rows.Some("unanswered", report.unanswered, "of these: nobody listened");
  rows.Some("refused", report.refused, "Pings that were answered with a 5xx");
  rows.Some("paused", report.paused, "tries that devices had to put off");
  rows.Some("publish retries", report.publish_failures, "");
  rows.Some("unacknowledged", report.unacknowledged, "changes that the server never took");
  rows.Some("unsent", report.unsent, "changes: the server could not keep up with the rate");
  rows.Add("latency p50", Decimal(Millis(report.latency.Percentile(50)), 2), "ms, change sent to answer read");
  rows.Add("latency p90", Decimal(Millis(report.latency.Percentile(90)), 2), "ms");
  rows.Add("latency p99", Decimal(Millis(report.latency.Percentile(99)), 2), "ms");
  rows.Add("latency p99.9", Decimal(Millis(report.latency.Percentile(99.9)), 2), "ms");
  rows.Add("latency max", Decimal(Millis(report.latency.max()), 2), "ms");
  rows.Add("publish p99", Decimal(Millis(report.acknowledgement.Percentile(99)), 2), "ms, change sent to acknowledged");
  if (report.server_rss_per_ping_bytes) {
    rows.Add("server memory", std::to_string(*report.server_rss_per_ping_bytes), "bytes of RSS for each waiting Ping");
  }
  for (const std::string& complaint : report.complaints) rows.Line("  ! " + complaint);
  if (!report.good() && !report.trouble.empty()) rows.Line("  ! last trouble: " + report.trouble);
  return rows.Take();
}

std::string Json(const Report& report) {
  const Totals& totals = report.totals;
  nlohmann::ordered_json json;
  json["devices"] = report.devices;
  json["connected"] = report.connected;
  json["changes"] = totals.changes;
  json["wakes_expected"] = totals.wakes_expected;
  json["wakes"] = totals.wakes;
  json["missed"] = totals.missed;
  json["foreign"] = totals.foreign;
  json["latency_ms"] = {{"p50", Millis(report.latency.Percentile(50))},
                        {"p90", Millis(report.latency.Percentile(90))},
                        {"p99", Millis(report.latency.Percentile(99))},
                        {"p999", Millis(report.latency.Percentile(99.9))},
                        {"max", Millis(report.latency.max())}};
  json["server_rss_per_ping_bytes"] = nullptr;
  if (report.server_rss_per_ping_bytes) json["server_rss_per_ping_bytes"] = *report.server_rss_per_ping_bytes;
  json["publish_ms"] = {{"p50", Millis(report.acknowledgement.Percentile(50))},
                        {"p99", Millis(report.acknowledgement.Percentile(99))},
                        {"max", Millis(report.acknowledgement.max())}};
  json["own_changes"] = totals.own_changes;
  json["covered"] = totals.covered;
  json["undecided"] = totals.undecided;
  json["repeated"] = totals.repeated;
  json["late"] = totals.late;
  json["ping_answers"] = totals.answers;
  json["lost_connections"] = report.lost;
  json["unanswered_connections"] = report.unanswered;
  json["refused_pings"] = report.refused;
  json["paused"] = report.paused;
  json["publish_retries"] = report.publish_failures;
  json["unacknowledged"] = report.unacknowledged;
  json["unsent"] = report.unsent;
  json["connect_s"] = report.connect_s;
  json["traffic_s"] = report.traffic_s;
  return json.dump();
}

}  // namespace mailwake::fleet
