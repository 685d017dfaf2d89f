// SPDX-License-Identifier: Apache-2.0
//
// RunningServer: `mailwake serve` on a free port, with a directory of its own, and the commands that talk to it.
//
// Threads:    one at a time.
// Example:    Site site; site.AddUser("ann"); RunningServer server(site); EXPECT_EQ(server.Publish("ann", "inbox").exit_code, 0);

#ifndef MAILWAKE_TESTS_ADAPTERS_SERVER_RUNNING_SERVER_H_
#define MAILWAKE_TESTS_ADAPTERS_SERVER_RUNNING_SERVER_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/server/https_client.h"
#include "tests/adapters/server/program.h"

namespace mailwake::test {

// What outlives a server: its store, token, certificate and configuration.
class Site {
 public:
  explicit Site(const std::string& more_config = {});

  const TempDir& dir() const { return dir_; }
  std::string store() const { return "sqlite:" + dir_ / "m.db"; }
  std::string token_file() const { return dir_ / "token"; }
  std::string password_file() const { return dir_ / "password"; }
  std::string certificate() const { return dir_ / "m.db.cert.pem"; }
  std::string config() const { return dir_ / "mailwake.toml"; }
  static std::string token() { return "0123456789abcdef"; }
  static std::string password() { return "correct horse"; }

  // With password(), in the cheap way: a {PLAIN} line, which is kept as a keyed hash.
  void AddUser(const std::string& name) const;

 private:
  TempDir dir_;
};

class RunningServer {
 public:
  // Waits for the ready line.
  explicit RunningServer(const Site& site, const std::vector<std::string>& more_words = {});

  Program& program() { return program_; }
  // The process that SIGUSR2 has started, as the log names it; -1: none.
  pid_t started() const;
  const std::string& url() const { return url_; }
  server::ServerArguments arguments() const { return {.url = url_, .ca_file = site_.certificate()}; }

  Result Publish(const std::string& mailbox, const std::string& folder, const std::vector<std::string>& more = {}) const;
  // `mailwake ping` of a device, running.
  std::unique_ptr<Program> Ping(const std::string& user, const std::string& device, const std::vector<std::string>& more) const;
  // The same, watching its inbox; returns once the PING is held.
  std::unique_ptr<Program> Waits(const std::string& user, const std::string& device) const;
  // A request with the token. Status 0: no answer.
  server::HttpsReply Ask(const std::string& method, const std::string& target, const std::string& body = {}) const;
  nlohmann::json Get(const std::string& target) const;
  std::size_t held() const;
  bool AwaitHeld(std::size_t pings) const;

 private:
  const Site& site_;
  Program program_;
  std::string url_;
};

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ADAPTERS_SERVER_RUNNING_SERVER_H_
