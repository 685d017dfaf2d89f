// SPDX-License-Identifier: Apache-2.0

#include "bench/index/results.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

namespace mailwake::bench {
namespace {

std::optional<RowName> ParseName(const std::string& text) {
  static const std::regex form("([a-z_]+)/([a-z_0-9]+)/pings:([0-9]+)/devices:([0-9]+)/threads:([0-9]+)");
  std::smatch match;
  if (!std::regex_match(text, match, form)) return std::nullopt;
  return RowName{match[1], match[2], std::stoull(match[3]), std::stoull(match[4]), std::stoull(match[5])};
}

// Everything that is a number and is not the framework's own.
std::map<std::string, double> CountersOf(const nlohmann::json& entry) {
  static const std::set<std::string> own = {
      "family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads", "iterations", "real_time", "cpu_time"};
  std::map<std::string, double> counters;
  for (const auto& [key, value] : entry.items()) {
    if (value.is_number() && !own.contains(key)) counters[key] = value.get<double>();
  }
  return counters;
}

}  // namespace

std::optional<double> Row::Counter(const std::string& name) const {
  const auto found = counters.find(name);
  return found == counters.end() ? std::nullopt : std::optional(found->second);
}

const Row* Results::Find(const RowName& name) const {
  const auto found = rows.find(name);
  return found == rows.end() ? nullptr : &found->second;
}

std::set<std::pair<std::uint64_t, std::uint64_t>> Results::WorldsOf(std::string_view workload) const {
  std::set<std::pair<std::uint64_t, std::uint64_t>> worlds;
  for (const auto& [name, row] : rows) {
    if (name.workload == workload) worlds.emplace(name.pings, name.devices);
  }
  return worlds;
}

absl::StatusOr<Results> ParseResults(const std::string& text) {
  // The framework writes NaN where it divides by zero, and that is no JSON.
  static const std::regex no_number(R"(: -?(NaN|Infinity)\b)");
  const nlohmann::json json = nlohmann::json::parse(std::regex_replace(text, no_number, ": null"), nullptr, false);
  if (json.is_discarded() || !json.contains("benchmarks")) return absl::InvalidArgumentError("not the JSON of a benchmark run");
  Results results;
  const nlohmann::json context = json.value("context", nlohmann::json::object());
  results.date = context.value("date", "").substr(0, 10);
  results.processors = context.value("num_cpus", 0);
  results.megahertz = context.value("mhz_per_cpu", 0);
  const auto loads = context.value("load_avg", std::vector<double>());
  if (!loads.empty()) results.load = loads.front();
  for (const nlohmann::json& entry : json["benchmarks"]) {
    const std::string aggregate = entry.value("aggregate_name", "");
    if (!aggregate.empty() && aggregate != "median") continue;
    const auto name = ParseName(entry.value("run_name", ""));
    if (!name) continue;
    Row row{.real_ns = entry.value("real_time", 0.0), .counters = CountersOf(entry), .error = entry.value("error_message", "")};
    if (aggregate.empty()) {
      results.rows.emplace(*name, std::move(row));  // the first of several, until the median comes
    } else {
      results.rows[*name] = std::move(row);
    }
  }
  return results;
}

}  // namespace mailwake::bench
