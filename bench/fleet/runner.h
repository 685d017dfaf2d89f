// SPDX-License-Identifier: Apache-2.0
//
// Runner: gives devices their connections and timers on one event loop, and lets only so many of them connect at a time.
//
// Threads:    one io_context that runs on one thread owns it; the counters are shared by all runners and may be read from any thread.
// Cost:       one connection, one timer and under 1 kB a device.

#ifndef MAILWAKE_BENCH_FLEET_RUNNER_H_
#define MAILWAKE_BENCH_FLEET_RUNNER_H_

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/fleet/connection.h"
#include "bench/fleet/device.h"
#include "mailwake/mutex.h"

namespace mailwake::fleet {

// What all runners add up.
class FleetCounters {
 public:
  std::atomic<std::uint32_t> waiting{0};     // Pings that are out
  std::atomic<std::uint32_t> stopped{0};     // devices that gave up
  std::atomic<std::uint64_t> lost{0};        // connections and answers
  std::atomic<std::uint64_t> unanswered{0};  // of the lost connections: nobody listened
  std::atomic<std::uint64_t> refused{0};     // Pings that were answered with a 5xx
  std::atomic<std::uint64_t> paused{0};      // tries that the server or the network made a device put off

  void Trouble(std::string why);
  std::string trouble() const;  // the last one

 private:
  mutable Mutex mutex_;
  std::string trouble_ ABSL_GUARDED_BY(mutex_);
};

struct RunnerConfig {
  Target target;
  DeviceConfig device;
  std::string password;
  std::uint32_t devices_per_mailbox = 1;
  std::uint32_t connecting = 32;       // devices of one runner that connect at the same time
  std::uint32_t source_addresses = 1;  // 127.0.0.1, 127.0.0.2, ...
};

class Runner {
 public:
  // Devices `first` to `last`, the last one not. `config`, `events` and `counters` must outlive the runner.
  Runner(boost::asio::io_context& io, const RunnerConfig& config, DeviceEvents& events, FleetCounters& counters, DeviceIndex first,
         DeviceIndex last);
  ~Runner();

  // REQUIRES: on the loop.
  void Start();

 private:
  struct Handset {
    Handset(boost::asio::io_context& io, DeviceIndex index, const DeviceConfig& config, DeviceEvents& events)
        : device(index, config, events), timer(io) {}
    Device device;
    boost::asio::steady_timer timer;
    std::shared_ptr<Connection> connection;
    Step step;
    bool connecting = false;   // is one of the few
    bool waiting = false;      // its Ping is out
    std::uint32_t alarms = 0;  // set so far: a timer that ran out just before it was set anew is not the one that is meant
  };

  void Do(Handset& handset, Step step);
  void Connect();  // as many as may
  void Open(Handset& handset);
  void Send(Handset& handset);
  void OnReply(Handset& handset, absl::StatusOr<HttpReply> reply);
  void OnSilence(Handset& handset);
  void Drop(Handset& handset);
  void StopWaiting(Handset& handset);
  void Admit(Handset& handset);
  void After(Handset& handset, Span time, void (Runner::*then)(Handset&));
  void NoAlarm(Handset& handset);
  void Resume(Handset& handset);
  std::string Request(const Handset& handset) const;

  boost::asio::io_context& io_;
  const RunnerConfig& config_;
  FleetCounters& counters_;
  std::vector<std::unique_ptr<Handset>> handsets_;
  std::deque<Handset*> to_open_;
  std::uint32_t connecting_ = 0;
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_RUNNER_H_
