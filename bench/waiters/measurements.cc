// SPDX-License-Identifier: Apache-2.0

#include "bench/waiters/measurements.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "bench/waiters/server_usage.h"
#include "bench/waiters/waiters.h"

namespace mailwake::waiters {
namespace {

using fleet::Instant;
using fleet::Now;
using Seconds = std::chrono::duration<double>;
using Json = nlohmann::ordered_json;

double Millis(fleet::Histogram::Micros value) { return static_cast<double>(value.count()) / 1000; }

// Seconds, the same in all processes.
double Clock() { return Seconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

// Below zero: wakes of the figure before that came late.
std::int64_t Missed(const WakeCounts& counts) {
  return static_cast<std::int64_t>(counts.published) - static_cast<std::int64_t>(counts.news);
}

Json LatencyJson(const fleet::Histogram& latency) {
  return {{"p50_ms", Millis(latency.Percentile(50))},
          {"p99_ms", Millis(latency.Percentile(99))},
          {"p99.9_ms", Millis(latency.Percentile(99.9))},
          {"max_ms", Millis(latency.max())}};
}

class Session {
 public:
  Session(const MeasureOptions& options, const fleet::Target& target, const Speech& speech, const std::string& token)
      : options_(options), waiters_(io_, target, speech, token, options.waiting, options.publishers) {}

  absl::StatusOr<Json> Hold() {
    Json json;
    if (absl::Status status = Park(json); !status.ok()) return status;
    json["from"] = Clock();
    const Instant began = Now();
    const double most = static_cast<double>(options_.heartbeat.count()) + 60;
    WakeCounts counts;
    absl::Status status = Over(json, [&] {
      while (counts.over + counts.other_answers < options_.waiting && Seconds(Now() - began).count() < most) {
        io_.run_for(std::chrono::milliseconds(100));
        const WakeCounts more = waiters_.Take();
        counts.over += more.over;
        counts.other_answers += more.other_answers;
      }
    });
    if (!status.ok()) return status;
    json["until"] = Clock();
    json["heartbeats_ended"] = counts.over;
    json["other_answers"] = counts.other_answers;
    return json;
  }

  // The latency alone, and what the server takes meanwhile.
  absl::StatusOr<Json> Latency() {
    Json json;
    if (absl::Status status = Park(json); !status.ok()) return status;
    if (absl::Status status = Over(json, [&] { json["steady"] = Steady(); }); !status.ok()) return status;
    return json;
  }

  absl::StatusOr<Json> Loads() {
    Json json;
    if (absl::Status status = Park(json); !status.ok()) return status;
    AddLoads(json);
    return json;
  }

  absl::StatusOr<Json> Run() {
    Json json;
    if (absl::Status status = Park(json); !status.ok()) return status;
    json["idle_cpu_percent"] = CpuOver([this] { Until(options_.idle_seconds, [] {}); }) / options_.idle_seconds * 100;
    Json& steady = json["steady"] = Steady();
    steady["rate"] = options_.rate;
    if (steady["wakes"] == 0) return absl::UnavailableError("nobody was woken: " + waiters_.trouble());
    AddLoads(json);
    json["storm"] = Storm();
    if (absl::Status status = AllWait(); !status.ok()) return status;
    json["bytes_each_after"] = (UsageOf(options_.server_pid)->private_bytes - before_.private_bytes) / options_.waiting;
    return json;
  }

 private:
  // Connects all.
  absl::Status Park(Json& json) {
    const absl::StatusOr<ServerUsage> before = UsageOf(options_.server_pid);
    if (!before.ok()) return before.status();
    before_ = *before;
    json["waiting"] = options_.waiting;
    const Instant began = Now();
    waiters_.Connect();
    if (absl::Status status = AllWait(); !status.ok()) return status;
    json["connect_s"] = Seconds(Now() - began).count();
    const absl::StatusOr<ServerUsage> parked = UsageOf(options_.server_pid);
    if (!parked.ok()) return parked.status();
    json["connect_cpu_us"] = (parked->cpu_seconds - before->cpu_seconds) * 1e6 / options_.waiting;
    json["bytes_before"] = before->private_bytes;
    json["bytes_each"] = (parked->private_bytes - before->private_bytes) / options_.waiting;
    json["bytes_each_all"] = parked->private_bytes / options_.waiting;
    return absl::OkStatus();
  }

  absl::Status AllWait() {
    const Instant until = Now() + std::chrono::seconds(300);
    // An answer that refuses comes soon: for a while all must wait.
    for (Instant complete = fleet::kNever; Now() - std::min(complete, Now()) < std::chrono::seconds(1);) {
      io_.run_for(std::chrono::milliseconds(20));
      const bool all = waiters_.waiting() == waiters_.size() && !waiters_.busy();
      complete = !all ? fleet::kNever : std::min(complete, Now());
      if (Now() >= until) {
        return absl::UnavailableError(std::to_string(waiters_.waiting()) + " of " + std::to_string(waiters_.size()) + " wait (" +
                                      waiters_.trouble() + ")");
      }
    }
    return absl::OkStatus();
  }

  // Runs the loop for so long, and `work` before each event.
  void Until(double seconds, const std::function<void()>& work) {
    const Instant end = Now() + std::chrono::duration_cast<fleet::Span>(Seconds(seconds));
    while (Now() < end) {
      work();
      io_.run_one_for(std::chrono::milliseconds(1));
    }
  }

  // What has been published is acknowledged and answered.
  void Settle() {
    const Instant end = Now() + std::chrono::seconds(5);
    while (Now() < end && (waiters_.busy() || waiters_.waiting() < waiters_.size())) io_.run_one_for(std::chrono::milliseconds(1));
  }

  double CpuOver(const std::function<void()>& run) {
    const double before = UsageOf(options_.server_pid)->cpu_seconds;
    run();
    return UsageOf(options_.server_pid)->cpu_seconds - before;
  }

  // How long `run` takes, and what it costs the server.
  absl::Status Over(Json& json, const std::function<void()>& run) {
    const Instant began = Now();
    const double cpu = CpuOver(run);
    json["held_s"] = Seconds(Now() - began).count();
    json["cpu_percent"] = cpu / Seconds(Now() - began).count() * 100;
    const absl::StatusOr<ServerUsage> after = UsageOf(options_.server_pid);
    if (!after.ok()) return after.status();
    json["server_bytes"] = after->private_bytes;
    return absl::OkStatus();
  }

  Json Steady() {
    waiters_.Take();
    std::uint64_t due = 0;
    const Instant began = Now();
    Until(options_.seconds, [&] {
      const auto now_due = static_cast<std::uint64_t>(Seconds(Now() - began).count() * options_.rate);
      while (due < now_due && waiters_.Wake(1) > 0) ++due;
    });
    Settle();
    const WakeCounts counts = waiters_.Take();
    Json json = LatencyJson(counts.latency);
    json["wakes"] = counts.news;
    json["missed"] = Missed(counts);
    json["other_answers"] = counts.other_answers;
    return json;
  }

  void AddLoads(Json& json) {
    json["load"] = Load(1);
    json["load_nobody"] = LoadNobody(1);
    json["load_batch"] = Load(options_.batch);
    json["load_batch_nobody"] = LoadNobody(options_.batch);
  }

  // As many as it takes.
  Json Load(std::size_t batch) {
    waiters_.Take();
    const Instant began = Now();
    const double cpu = CpuOver([&] {
      Until(options_.seconds, [&] {
        while (waiters_.Wake(batch) > 0) {
        }
      });
      Settle();
    });
    const double seconds = Seconds(Now() - began).count();
    const WakeCounts counts = waiters_.Take();
    Json json = LatencyJson(counts.latency);
    json["batch"] = batch;
    json["wakes_a_second"] = static_cast<double>(counts.news) / seconds;
    json["missed"] = Missed(counts);
    json["other_answers"] = counts.other_answers;
    json["cpu_us_a_wake"] = cpu * 1e6 / static_cast<double>(std::max<std::uint64_t>(counts.news, 1));
    return json;
  }

  Json LoadNobody(std::size_t batch) {
    for (std::size_t places = 0; places < waiters_.size(); io_.run_one_for(std::chrono::milliseconds(1))) {
      places += waiters_.WakeNobody(options_.batch);  // each is known before it counts, as those where somebody waits are
    }
    Settle();
    waiters_.Take();
    const double cpu = CpuOver([&] {
      Until(options_.seconds, [&] {
        while (waiters_.WakeNobody(batch) > 0) {
        }
      });
      Settle();
    });
    const WakeCounts counts = waiters_.Take();
    return {{"batch", batch},
            {"published", counts.published},
            {"cpu_us_a_publish", cpu * 1e6 / static_cast<double>(std::max<std::uint64_t>(counts.published, 1))}};
  }

  Json Storm() {
    waiters_.Take();
    const std::uint32_t wakes = std::min(options_.waiting, 10'000u);
    std::uint64_t sent = 0;
    const Instant began = Now();
    while (sent < wakes && Now() - began < std::chrono::seconds(30)) {
      const auto due = static_cast<std::uint64_t>(Seconds(Now() - began).count() * wakes);
      while (sent < std::min<std::uint64_t>(due, wakes)) {
        const std::size_t batch = std::min<std::size_t>({options_.batch, due - sent, wakes - sent});
        const std::size_t woken = waiters_.Wake(batch);
        if (woken == 0) break;
        sent += woken;
      }
      io_.run_one_for(std::chrono::milliseconds(1));
    }
    const double seconds = Seconds(Now() - began).count();
    Settle();
    const WakeCounts counts = waiters_.Take();
    Json json = LatencyJson(counts.latency);
    json["asked"] = wakes;
    json["in_s"] = seconds;
    json["wakes"] = counts.news;
    json["missed"] = Missed(counts);
    return json;
  }

  const MeasureOptions& options_;
  ServerUsage before_;
  boost::asio::io_context io_;
  Waiters waiters_;
};

}  // namespace

absl::StatusOr<Json> MeasureHold(const MeasureOptions& options, const fleet::Target& target, const Speech& speech) {
  return Session(options, target, speech, "").Hold();
}

absl::StatusOr<Json> MeasureLatency(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                    const std::string& token) {
  return Session(options, target, speech, token).Latency();
}

absl::StatusOr<Json> MeasureLoad(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                 const std::string& token) {
  return Session(options, target, speech, token).Loads();
}

absl::StatusOr<Json> Measure(const MeasureOptions& options, const fleet::Target& target, const Speech& speech, const std::string& token) {
  return Session(options, target, speech, token).Run();
}

}  // namespace mailwake::waiters
