// SPDX-License-Identifier: Apache-2.0
//
// ApiClient: calls of the server's /v1 surface over one connection, one at a time, repeated until they are answered.
//
// Threads:    one io_context that runs on one thread owns it.
// Invariants: `done` runs once for each Call, unless the client is gone first. 5xx and lost connections are tried again, ever more slowly.

#ifndef MAILWAKE_BENCH_FLEET_API_CLIENT_H_
#define MAILWAKE_BENCH_FLEET_API_CLIENT_H_

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "bench/fleet/connection.h"

namespace mailwake::fleet {

struct ApiCall {
  std::string method;
  std::string path;
  std::string type;  // Content-Type
  std::string body;
};

class ApiClient {
 public:
  using Done = std::function<void(HttpReply)>;
  using Trouble = std::function<void(std::string)>;

  // `target` must outlive the client. `trouble` hears why a try failed.
  ApiClient(boost::asio::io_context& io, const Target& target, std::string token, Trouble trouble);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  // `writing` runs before the first byte of a try is written; `again`: an earlier one may have arrived. REQUIRES: not busy.
  void Call(ApiCall call, std::function<void(bool again)> writing, Done done);
  bool busy() const { return busy_; }
  // Tries that failed, since the start.
  std::uint64_t failures() const { return failures_; }

 private:
  void Try();
  void Write();
  void Retry(std::string why);

  boost::asio::io_context& io_;
  const Target& target_;
  const std::string token_;
  const Trouble trouble_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  bool busy_ = false;
  ApiCall call_;
  std::function<void(bool again)> writing_;
  bool written_ = false;
  Done done_;
  std::uint32_t tries_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_API_CLIENT_H_
