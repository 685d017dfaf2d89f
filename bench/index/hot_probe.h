// SPDX-License-Identifier: Apache-2.0
//
// HotProbe: mailboxes that are in memory, each with a PING, one after the other changed at a fixed rate: how long a wake takes while the
// engine and its store have other work.
//
// Threads:    one at a time.
// Invariants: every change woke its PING and no other, or the program ends.
// Example:    HotProbe probe(engine, 1000); Latencies quiet = probe.Run([&] { return seconds_over; });

#ifndef MAILWAKE_BENCH_INDEX_HOT_PROBE_H_
#define MAILWAKE_BENCH_INDEX_HOT_PROBE_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/index/latency.h"
#include "mailwake/engine.h"

namespace mailwake::bench {

class HotProbe {
 public:
  static constexpr std::chrono::microseconds kInterval{5'000};

  // Enters the mailboxes and holds their PINGs. `engine` must outlive this.
  HotProbe(Engine& engine, std::size_t mailboxes);
  ~HotProbe();
  HotProbe(const HotProbe&) = delete;
  HotProbe& operator=(const HotProbe&) = delete;

  std::size_t size() const { return mailboxes_.size(); }
  // A change every kInterval, until `over`; from Publish to the callback, sorted.
  Latencies Run(const std::function<bool()>& over);

 private:
  struct Mailbox {
    std::string id;
    PingId ping;
  };

  void SyncAndHold(Mailbox& mailbox);

  Engine& engine_;
  const LoopId loop_;
  std::vector<Mailbox> mailboxes_;
  std::size_t next_ = 0;
  std::size_t ended_ = 0;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_HOT_PROBE_H_
