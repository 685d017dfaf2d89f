// SPDX-License-Identifier: Apache-2.0
//
// Publisher: declares the mailboxes' folder lists, then publishes traffic when it is due, through POST /v1/changes. What is due while all
// its connections wait for acknowledgements goes into the next request together.
//
// Threads:    one io_context that runs on one thread owns it; the counters may be read from any thread.
// Invariants: the ledger knows of a change before its first byte is written; a request that failed is repeated with the same changes, which
//             count once.

#ifndef MAILWAKE_BENCH_FLEET_PUBLISHER_H_
#define MAILWAKE_BENCH_FLEET_PUBLISHER_H_

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/fleet/api_client.h"
#include "bench/fleet/ledger.h"
#include "bench/fleet/traffic.h"

namespace mailwake::fleet {

class Publisher {
 public:
  struct Counters {
    std::atomic<std::uint32_t> declared{0};  // folder lists
    std::atomic<std::uint64_t> sent{0};      // changes
    std::atomic<std::uint64_t> waiting{0};   // changes that are due and not sent yet
    std::atomic<std::uint64_t> failures{0};  // requests that had to be repeated
    std::atomic<bool> finished{false};       // no more traffic, all acknowledged
  };
  using Say = std::function<void(std::string)>;

  // `failed` hears why it gave up, `trouble` why a request must be repeated; both on the loop.
  Publisher(boost::asio::io_context& io, const Target& target, const std::string& token, Ledger& ledger, Say failed, const Say& trouble);

  // Both REQUIRE: on the loop.
  void Declare(std::uint32_t mailboxes);
  // Until `length` is over or the traffic ends.
  void Start(Traffic& traffic, std::chrono::microseconds length);
  // Publishes nothing more.
  void Stop();

  const Counters& counters() const { return counters_; }

 private:
  void DeclareNext(ApiClient& client);
  void Tick();
  void SendDue();
  void Send(ApiClient& client);
  void CheckFinished();
  bool Accepted(const HttpReply& reply, const std::string& what);

  Ledger& ledger_;
  Say failed_;
  Counters counters_;
  boost::asio::steady_timer timer_;
  std::vector<std::unique_ptr<ApiClient>> clients_;
  std::string folder_list_;
  std::uint32_t mailboxes_ = 0;
  std::uint32_t next_mailbox_ = 0;
  Traffic* traffic_ = nullptr;  // null: not begun, or over
  std::optional<Burst> ahead_;
  Instant started_;
  std::chrono::microseconds length_{0};
  std::deque<TrafficChange> due_;
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_PUBLISHER_H_
