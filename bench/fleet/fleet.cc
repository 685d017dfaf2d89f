// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/fleet.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bench/fleet/host.h"
#include "bench/fleet/publisher.h"
#include "bench/fleet/runner.h"
#include "bench/fleet/traffic.h"

namespace mailwake::fleet {
namespace {

namespace asio = boost::asio;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

double Seconds(Span span) { return duration<double>(span).count(); }
Span ToSpan(double seconds) { return duration_cast<Span>(duration<double>(seconds)); }

// Event loops with a thread each, until they are stopped.
class Loops {
 public:
  explicit Loops(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      loops_.push_back(std::make_unique<asio::io_context>(1));
      guards_.push_back(asio::make_work_guard(*loops_.back()));
    }
  }
  ~Loops() { Stop(); }
  void Start() {
    for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
  }
  void Stop() {
    for (auto& loop : loops_) loop->stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  asio::io_context& at(std::size_t i) { return *loops_[i]; }
  std::size_t size() const { return loops_.size(); }

 private:
  std::vector<std::unique_ptr<asio::io_context>> loops_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
};

RunnerConfig MakeRunnerConfig(const FleetOptions& options, Target target) {
  RunnerConfig config{.target = std::move(target),
                      .device = {},
                      .password = options.password,
                      .devices_per_mailbox = options.devices_per_mailbox,
                      .connecting = std::max(options.connecting / options.threads, 1u),
                      .source_addresses = options.source_addresses};
  config.device.heartbeat.initial = std::chrono::seconds(options.heartbeat_s);
  config.device.heartbeat.minimum = std::chrono::seconds(std::min(options.heartbeat_min_s, options.heartbeat_s));
  config.device.heartbeat.maximum = std::chrono::seconds(std::max(options.heartbeat_max_s, options.heartbeat_s));
  config.device.provision = options.provision;
  return config;
}

class FleetRun {
 public:
  FleetRun(const FleetOptions& options, Progress& progress, const std::atomic<bool>& interrupted, Target target, const std::string& token,
           std::unique_ptr<Traffic> traffic)
      : options_(options),
        progress_(progress),
        interrupted_(interrupted),
        config_(MakeRunnerConfig(options, std::move(target))),
        traffic_(std::move(traffic)),
        ledger_(options.mailboxes(), options.devices_per_mailbox, ToSpan(options.grace_s)),
        loops_(options.threads),
        publisher_(
            loops_.at(0), config_.target, token, ledger_, [this](std::string why) { Fail(std::move(why)); },
            [this](std::string why) { counters_.Trouble(std::move(why)); }) {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      runners_.push_back(std::make_unique<Runner>(loops_.at(i), config_, ledger_, counters_, FirstDevice(i), FirstDevice(i + 1)));
    }
  }
  ~FleetRun() { loops_.Stop(); }

  absl::StatusOr<Report> Run() {
    std::int64_t rss_before = 0;
    if (options_.server_pid > 0) {
      absl::StatusOr<std::int64_t> rss = ResidentBytes(options_.server_pid);
      if (!rss.ok()) return rss.status();
      rss_before = *rss;
    }
    loops_.Start();
    for (auto phase : {&FleetRun::Declare, &FleetRun::Connect}) {
      absl::Status status = (this->*phase)();
      if (!status.ok()) return status;
    }
    if (options_.server_pid > 0) {
      absl::StatusOr<std::int64_t> rss = ResidentBytes(options_.server_pid);
      if (rss.ok() && report_.connected > 0) report_.server_rss_per_ping_bytes = (*rss - rss_before) / report_.connected;
    }
    PublishTraffic();
    AwaitLastWakes();
    loops_.Stop();
    if (Failed()) return absl::UnavailableError(failure());
    if (!traffic_->error().ok()) return traffic_->error();
    return Finish();
  }

 private:
  // Mailboxes are dealt out whole.
  DeviceIndex FirstDevice(std::size_t loop) const {
    return static_cast<DeviceIndex>(options_.mailboxes() * loop / loops_.size()) * options_.devices_per_mailbox;
  }

  void Fail(std::string why) {
    MutexLock lock(mutex_);
    if (failure_.empty()) failure_ = std::move(why);
  }
  bool Failed() const {
    MutexLock lock(mutex_);
    return !failure_.empty();
  }
  std::string failure() const {
    MutexLock lock(mutex_);
    return failure_;
  }

  // Looks ten times a second until `done`, `most` is over or the run is broken off. True: done.
  bool Wait(Span most, const std::function<bool()>& done, const std::function<std::string()>& line) {
    const Instant until = Now() + most;
    while (!done()) {
      if (Now() >= until || interrupted_ || Failed()) return false;
      progress_.Show(line());
      std::this_thread::sleep_for(milliseconds(100));
    }
    return true;
  }

  absl::Status Declare() {
    const auto& counters = publisher_.counters();
    asio::post(loops_.at(0), [this] { publisher_.Declare(options_.mailboxes()); });
    const bool done = Wait(
        std::chrono::seconds(options_.connect_timeout_s), [&] { return counters.declared == options_.mailboxes(); },
        [&] { return "declaring folder lists: " + std::to_string(counters.declared) + " of " + std::to_string(options_.mailboxes()); });
    if (Failed()) return absl::UnavailableError(failure());
    if (done) return absl::OkStatus();
    if (interrupted_) return absl::CancelledError("interrupted");
    return absl::UnavailableError(counters.declared == 0 ? "no answer from " + options_.server + " (" + counters_.trouble() +
                                                               "); is `mailwake serve` running there?"
                                                         : "the folder lists could not be declared in time (" + counters_.trouble() + ")");
  }

  absl::Status Connect() {
    const Instant begun = Now();
    for (std::size_t i = 0; i < runners_.size(); ++i) asio::post(loops_.at(i), [this, i] { runners_[i]->Start(); });
    // A Ping that the server will not have is answered at once: all must wait for a while.
    Instant complete = kNever;
    const auto settled = [&] {
      const std::uint32_t waiting = counters_.waiting;
      if (waiting + counters_.stopped < options_.devices)
        complete = kNever;
      else if (complete == kNever)
        complete = Now();
      return complete != kNever && Now() - complete >= milliseconds(500);
    };
    Wait(std::chrono::seconds(options_.connect_timeout_s), settled, [&] {
      std::string line = "connecting: " + std::to_string(counters_.waiting) + " of " + std::to_string(options_.devices) + " wait";
      const std::string trouble = counters_.trouble();
      return trouble.empty() ? line : line + " (" + trouble + ")";
    });
    report_.connected = counters_.waiting;
    report_.connect_s = Seconds((complete == kNever ? Now() : complete) - begun);
    if (report_.connected == 0) return absl::UnavailableError("no device could connect: " + counters_.trouble());
    progress_.Keep(std::to_string(report_.connected) + " of " + std::to_string(options_.devices) + " devices wait");
    return absl::OkStatus();
  }

  void PublishTraffic() {
    const auto& counters = publisher_.counters();
    const Instant begun = Now();
    const auto length = duration_cast<microseconds>(ToSpan(options_.seconds));
    asio::post(loops_.at(0), [this, length] { publisher_.Start(*traffic_, length); });
    // Twice the time, and some: whoever cannot keep up that long does not.
    Wait(
        ToSpan(options_.seconds * 2 + 30), [&] { return counters.finished.load(); },
        [&] {
          const Totals totals = ledger_.totals();
          char line[200];
          std::snprintf(line, sizeof line, "%5.1f s: %u wait, %llu changes, %llu wakes, %llu foreign, p50 %.1f ms, p99 %.1f ms",
                        Seconds(Now() - begun), counters_.waiting.load(), static_cast<unsigned long long>(totals.changes),
                        static_cast<unsigned long long>(totals.wakes), static_cast<unsigned long long>(totals.foreign),
                        static_cast<double>(ledger_.latency().Percentile(50).count()) / 1000,
                        static_cast<double>(ledger_.latency().Percentile(99).count()) / 1000);
          return std::string(line);
        });
    report_.unsent = counters.waiting;
    report_.traffic_s = Seconds(Now() - begun);
    asio::post(loops_.at(0), [this] { publisher_.Stop(); });
  }

  void AwaitLastWakes() {
    const Instant begun = Now();
    // A foreign wake would come soon too: a second is waited in any case.
    const auto done = [&] { return Now() - begun >= std::chrono::seconds(1) && ledger_.Owed() == 0; };
    Wait(ToSpan(std::max(options_.grace_s, 1.0)), done, [&] { return "the last wakes: " + std::to_string(ledger_.Owed()) + " to come"; });
  }

  Report Finish() {
    ledger_.Finish();
    report_.devices = options_.devices;
    report_.totals = ledger_.totals();
    report_.latency = ledger_.latency();
    report_.acknowledgement = ledger_.acknowledgement();
    report_.complaints = ledger_.complaints();
    report_.lost = counters_.lost;
    report_.unanswered = counters_.unanswered;
    report_.refused = counters_.refused;
    report_.paused = counters_.paused;
    report_.trouble = counters_.trouble();
    report_.publish_failures = publisher_.counters().failures;
    report_.unacknowledged = publisher_.counters().sent - report_.totals.changes;
    return std::move(report_);
  }

  const FleetOptions& options_;
  Progress& progress_;
  const std::atomic<bool>& interrupted_;
  const RunnerConfig config_;
  std::unique_ptr<Traffic> traffic_;
  Ledger ledger_;
  FleetCounters counters_;
  mutable Mutex mutex_;
  std::string failure_ ABSL_GUARDED_BY(mutex_);
  Report report_;
  Loops loops_;
  Publisher publisher_;
  std::vector<std::unique_ptr<Runner>> runners_;
};

absl::StatusOr<std::unique_ptr<Traffic>> MakeTraffic(const FleetOptions& options) {
  if (options.trace.empty()) {
    return NewModelTraffic(
        {.rate = options.rate, .mailboxes = options.mailboxes(), .devices_per_mailbox = options.devices_per_mailbox, .seed = options.seed});
  }
  return OpenTraceTraffic({.file = options.trace, .speed = options.speed, .from = options.trace_from_s, .mailboxes = options.mailboxes()});
}

}  // namespace

absl::StatusOr<Report> Run(const FleetOptions& options, Progress& progress, const std::atomic<bool>& interrupted) {
  absl::StatusOr<Target> target = ResolveServer(options.server);
  if (!target.ok()) return target.status();
  absl::StatusOr<std::shared_ptr<TlsContext>> tls = TlsContext::Create(options.ca_file, options.insecure);
  if (!tls.ok()) return tls.status();
  target->tls = *std::move(tls);
  absl::StatusOr<std::string> token = ReadToken(options.token_file);
  if (!token.ok()) return token.status();
  absl::Status files = AllowOpenFiles(options.devices + 64);
  if (!files.ok()) return files;
  absl::StatusOr<std::unique_ptr<Traffic>> traffic = MakeTraffic(options);
  if (!traffic.ok()) return traffic.status();
  return FleetRun(options, progress, interrupted, *std::move(target), *token, *std::move(traffic)).Run();
}

}  // namespace mailwake::fleet
