// SPDX-License-Identifier: Apache-2.0
//
// Waiters: connections that each send a request which waits, and after its answer the same again; and clients that wake them.
//
// Threads:    one thread; it runs the io_context through RunFor.
// Invariants: a waiter is woken only while its request waits and no other wake of it is under way, so that each wake has one answer.
// Example:    Waiters waiters(io, target, *speech, token, 10'000); waiters.Connect(); waiters.Wake(1); waiters.RunFor(1s);

#ifndef MAILWAKE_BENCH_WAITERS_WAITERS_H_
#define MAILWAKE_BENCH_WAITERS_WAITERS_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/fleet/connection.h"
#include "bench/fleet/histogram.h"
#include "bench/fleet/instant.h"
#include "bench/waiters/speech.h"

namespace mailwake::waiters {

struct WakeCounts {
  fleet::Histogram latency;     // from the publish's first byte to the answer's last, news only
  std::uint64_t published = 0;  // and acknowledged
  std::uint64_t news = 0;
  std::uint64_t over = 0;           // nothing has changed, and it asks again
  std::uint64_t other_answers = 0;  // and connections that broke
};

class Waiters {
 public:
  // `publishers`: how many may publish at once. What is passed must outlive this.
  Waiters(boost::asio::io_context& io, const fleet::Target& target, const Speech& speech, const std::string& token, WaiterIndex count,
          std::size_t publishers);

  // Connects all, `at_once` at a time, and sends their requests.
  void Connect(std::size_t at_once = 64);
  std::size_t waiting() const { return waiting_; }
  std::size_t size() const { return waiters_.size(); }
  const std::string& trouble() const { return trouble_; }

  // Publishes for up to `most` waiters in one request: the next ones in an order of chance, in which each has its turn. Returns for how
  // many: none if no publisher is free, or nobody waits.
  std::size_t Wake(std::size_t most);
  // The same publish where nobody waits, in the same order.
  std::size_t WakeNobody(std::size_t most);
  // A publish is not acknowledged, or a wake has not come.
  bool busy() const;

  // What came since the last call.
  WakeCounts Take() { return std::exchange(counts_, {}); }

 private:
  struct Waiter {
    std::shared_ptr<fleet::Connection> connection;
    fleet::Instant woken = fleet::kNever;
    bool waits = false;
  };

  void ConnectNext();
  void Ask(WaiterIndex index);
  void Answered(WaiterIndex index, const absl::StatusOr<fleet::HttpReply>& reply);
  fleet::ApiClient* FreePublisher();

  boost::asio::io_context& io_;
  const fleet::Target& target_;
  const Speech& speech_;
  std::vector<Waiter> waiters_;
  std::vector<std::unique_ptr<fleet::ApiClient>> publishers_;
  std::vector<WaiterIndex> order_;
  std::size_t turn_ = 0;
  WaiterIndex next_ = 0;
  std::size_t nobody_ = 0;
  std::size_t waiting_ = 0;
  std::size_t owed_ = 0;  // wakes under way
  std::string trouble_;
  WakeCounts counts_;
};

}  // namespace mailwake::waiters

#endif  // MAILWAKE_BENCH_WAITERS_WAITERS_H_
