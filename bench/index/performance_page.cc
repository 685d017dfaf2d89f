// SPDX-License-Identifier: Apache-2.0

#include "bench/index/performance_page.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace mailwake::bench {
namespace {

std::string Text(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string NanosText(double ns) {
  if (ns < 1000) return Text("%.0f ns", ns);
  return ns < 1e6 ? Text("%.2f us", ns / 1e3) : Text("%.2f ms", ns / 1e6);
}

bool Measured(const Row* row) { return row != nullptr && row->error.empty() && row->real_ns > 0; }

std::string Ratio(const Row* row, const Row* to) { return Measured(row) && Measured(to) ? Text("%.1f", row->real_ns / to->real_ns) : "-"; }

std::string CounterText(const Row* row, const std::string& name, const char* format) {
  if (!Measured(row)) return "-";
  const auto value = row->Counter(name);
  return value ? Text(format, *value) : "-";
}

std::string CounterNanos(const Row* row, const std::string& name) {
  const auto value = Measured(row) ? row->Counter(name) : std::nullopt;
  return value ? NanosText(*value) : "-";
}

std::string Line(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string Head(const std::vector<std::string>& cells) {
  std::string rule = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) rule += i == 0 ? "---|" : "---:|";
  return Line(cells) + rule + "\n";
}

class Page {
 public:
  Page(const Results& results, const std::string& processor) : results_(results) {
    text_ = std::string(kEngineHeading) + "\n\n";
    text_ +=
        "How fast the engine is, beside simple rivals that do without versions, cursors and durability, and beside what the memory of\n"
        "the same machine takes for the least that an index must do. Times are real time an operation; compare them within one run,\n"
        "not with other machines.\n\n";
    text_ += "Measured " + results.date + " on " + std::to_string(results.processors) + " x " + processor + ", " +
             std::to_string(results.megahertz) + " MHz, load " + Text("%.1f", results.load) +
             " when it began. Printed by:\n\n```sh\nbench/report\n```\n\n";
    text_ +=
        "which runs `build/release/bin/engine_benchmark --benchmark_format=json` and writes this half of the page and its drawing\n"
        "anew. What each workload does, and what the rivals are, stands at the head of the files in `bench/index` and `bench/rivals`.\n\n";
    text_ += "![Times by workload](performance.svg)\n\n";
  }

  std::string Finish() { return std::move(text_); }

  void World(std::uint64_t pings, std::uint64_t devices) {
    text_ += "## " + Count(pings) + " PINGs, " + std::to_string(devices) + (devices == 1 ? " device" : " devices") + " a mailbox\n\n";
    std::vector<std::string> head = {"workload", "threads"};
    head.insert(head.end(), kImpls.begin(), kImpls.end());
    head.insert(head.end(), {"best rival / mailwake", "mailwake / floor", "allocations"});
    text_ += Head(head);
    for (const std::string_view workload : kWorkloads) {
      for (const std::uint64_t threads : {1, 2}) Compare(workload, pings, devices, threads);
    }
    text_ += "\nThe floor is `floor_miss` for `publish_unwatched`, else `floor_lookup`. Allocations: mailwake's, an operation.\n\n";
    Floors(pings, devices);
    Scaling(pings, devices);
  }

  void Memory() {
    text_ += "## Memory of a parked PING\n\nEverything that the process grew by, over the PINGs parked; bytes.\n\n";
    text_ += Head({"PINGs", "devices", "mailwake", "flat64", "flat", "condvar", "signals2"});
    for (const auto& [pings, devices] : results_.WorldsOf("cycle")) {
      std::vector<std::string> cells = {Count(pings), std::to_string(devices)};
      for (const std::string_view impl : kImpls)
        cells.push_back(CounterText(Find("cycle", impl, pings, devices, 1), "bytes_per_ping", "%.0f"));
      text_ += Line(cells);
    }
    for (const auto& [pings, devices] : results_.WorldsOf("cycle_long_ids")) {
      text_ += Line({Count(pings) + ", folder ids of 36 characters unique to each mailbox", std::to_string(devices),
                     CounterText(Find("cycle_long_ids", "mailwake", pings, devices, 1), "bytes_per_ping", "%.0f"), "", "", "", ""});
    }
    text_ += "\n";
  }

  void Latency() {
    if (results_.WorldsOf("latency").empty()) return;
    text_ +=
        "## Latency from Publish to completion\n\nTwo hundred thousand changes a second are asked for; `rate` is what was reached.\n\n";
    text_ += Head({"who", "PINGs", "threads", "rate", "p50", "p99", "p99.9", "max"});
    for (const auto& [name, row] : results_.rows) {
      if (name.workload != "latency") continue;
      text_ += Line({name.impl, Count(name.pings), std::to_string(name.threads), CounterText(&row, "rate", "%.0f"),
                     CounterNanos(&row, "p50"), CounterNanos(&row, "p99"), CounterNanos(&row, "p99.9"), CounterNanos(&row, "max")});
    }
    text_ += "\n";
  }

  // What does not stand in the tables above.
  void Others() {
    text_ +=
        "## Hot folders, storms, timers\n\n`hot_folder`: one folder that all devices of a mailbox watch, time a woken PING. "
        "`hot_folder_one`: a\n"
        "shared mailbox, a change concerns one of its devices. `storm`: devices that come back after a restart, read from SQLite, time a\n"
        "device. `rearm`: a timer cancelled and set again. `cycle_long_ids`: `cycle`, with folder ids of 36 characters.\n\n";
    text_ += Head({"workload", "who", "PINGs", "devices", "threads", "time", "allocations", "/ floor_line"});
    for (const auto& [name, row] : results_.rows) {
      const bool hot = name.workload == "hot_folder" || name.workload == "hot_folder_one";
      if (!hot && name.workload != "storm" && name.workload != "rearm" && name.workload != "cycle_long_ids") continue;
      const Row* floor = name.workload == "hot_folder" ? Find("floor_line", "floor", name.pings, name.devices, name.threads) : nullptr;
      text_ += Line({name.workload, name.impl, Count(name.pings), std::to_string(name.devices), std::to_string(name.threads),
                     TimeText(&row), CounterText(&row, "allocs", "%.2f"), Ratio(&row, floor)});
    }
    text_ += "\n";
    Meanwhile();
  }

 private:
  // How long a wake takes in mailboxes that are in memory while the storm is read.
  void Meanwhile() {
    std::string lines;
    for (const auto& [name, row] : results_.rows) {
      if (name.workload != "storm") continue;
      for (const auto& [when, prefix] : {std::pair("before it", "quiet_"), {"in it", "storm_"}}) {
        std::vector<std::string> cells = {Count(name.pings), std::to_string(name.threads), when};
        for (const char* at : {"p50", "p99", "p99.9", "max"}) cells.push_back(CounterNanos(&row, std::string(prefix) + at));
        lines += Line(cells);
      }
    }
    if (lines.empty()) return;
    text_ += "Meanwhile, 200 changes a second in mailboxes that are in memory, each with a PING; from Publish to completion:\n\n";
    text_ += Head({"storm of", "threads", "when", "p50", "p99", "p99.9", "max"}) + lines + "\n";
  }

  static std::string Count(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
    return text;
  }
  const Row* Find(std::string_view workload, std::string_view impl, std::uint64_t pings, std::uint64_t devices,
                  std::uint64_t threads) const {
    return results_.Find({std::string(workload), std::string(impl), pings, devices, threads});
  }

  void Compare(std::string_view workload, std::uint64_t pings, std::uint64_t devices, std::uint64_t threads) {
    const Row* const ours = Find(workload, "mailwake", pings, devices, threads);
    std::vector<std::string> cells = {std::string(workload), std::to_string(threads)};
    const Row* best = nullptr;
    for (const std::string_view impl : kImpls) {
      const Row* const row = Find(workload, impl, pings, devices, threads);
      cells.push_back(TimeText(row));
      if (impl != "mailwake" && Measured(row) && (best == nullptr || row->real_ns < best->real_ns)) best = row;
    }
    const Row* const floor = Find(workload == "publish_unwatched" ? "floor_miss" : "floor_lookup", "floor", pings, devices, threads);
    cells.insert(cells.end(), {Ratio(best, ours), Ratio(ours, floor), CounterText(ours, "allocs", "%.2f")});
    text_ += Line(cells);
  }

  void Floors(std::uint64_t pings, std::uint64_t devices) {
    text_ += Head({"floor", "1 thread", "2 threads"});
    for (const std::string_view floor : {"floor_lookup", "floor_miss", "floor_chain", "floor_line"}) {
      text_ +=
          Line({std::string(floor), TimeText(Find(floor, "floor", pings, devices, 1)), TimeText(Find(floor, "floor", pings, devices, 2))});
    }
    text_ += "\n";
  }

  void Scaling(std::uint64_t pings, std::uint64_t devices) {
    text_ += Head({"2 threads over 1", "mailwake", "flat64", "flat", "condvar", "signals2"});
    for (const std::string_view workload : kWorkloads) {
      std::vector<std::string> cells = {std::string(workload)};
      for (const std::string_view impl : kImpls) {
        cells.push_back(Ratio(Find(workload, impl, pings, devices, 1), Find(workload, impl, pings, devices, 2)));
      }
      text_ += Line(cells);
    }
    text_ += "\n";
  }

  const Results& results_;
  std::string text_;
};

}  // namespace

std::string TimeText(const Row* row) {
  if (row == nullptr) return "-";
  return row->error.empty() ? NanosText(row->real_ns) : row->error;
}

std::string WithEngine(std::string_view page, const std::string& engine) {
  const std::size_t old = page.find(kEngineHeading);
  return std::string(page.substr(0, old)) + engine;
}

std::string PerformancePage(const Results& results, const std::string& processor) {
  Page page(results, processor);
  for (const auto& [pings, devices] : results.WorldsOf("cycle")) page.World(pings, devices);
  page.Memory();
  page.Latency();
  page.Others();
  std::string text = page.Finish();
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace mailwake::bench
