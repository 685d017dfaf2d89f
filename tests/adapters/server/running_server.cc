// SPDX-License-Identifier: Apache-2.0

#include "tests/adapters/server/running_server.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mailwake::test {
namespace {

std::vector<std::string> Join(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

Site::Site(const std::string& more_config) {
  dir_.Write("token", token() + "\n");
  dir_.Write("password", password() + "\n");
  dir_.Write("mailwake.toml",
             "listen = \"127.0.0.1:0\"\nstore = \"" + store() + "\"\ningest_token_file = \"" + token_file() + "\"\n" + more_config);
}

void Site::AddUser(const std::string& name) const {
  const Result result = Program({"user", "import", "-", "--store", store()}, name + ":{PLAIN}" + password() + "\n").Wait();
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

RunningServer::RunningServer(const Site& site, const std::vector<std::string>& more_words)
    : site_(site), program_(Join({"serve", "--config", site.config()}, more_words)) {
  Eventually([this] { return program_.out().find('\n') != std::string::npos || !program_.Running(); });
  const std::string line = program_.out();
  const std::string begin = "mailwake ready ";
  EXPECT_EQ(line.compare(0, begin.size(), begin), 0) << line << program_.err();
  if (line.size() > begin.size()) url_ = line.substr(begin.size(), line.find('\n') - begin.size());
}

pid_t RunningServer::started() const {
  const std::string log = program_.err();
  const std::size_t at = log.find("(pid ");
  return at == std::string::npos ? -1 : std::atoi(log.c_str() + at + 5);
}

Result RunningServer::Publish(const std::string& mailbox, const std::string& folder, const std::vector<std::string>& more) const {
  return Program(
             Join({"publish", mailbox, folder, "--server", url_, "--ca", site_.certificate(), "--token-file", site_.token_file()}, more))
      .Wait();
}

std::unique_ptr<Program> RunningServer::Ping(const std::string& user, const std::string& device,
                                             const std::vector<std::string>& more) const {
  return std::make_unique<Program>(Join(
      {"ping", "--user", user, "--password-file", site_.password_file(), "--device", device, "--server", url_, "--ca", site_.certificate()},
      more));
}

server::HttpsReply RunningServer::Ask(const std::string& method, const std::string& target, const std::string& body) const {
  auto client = server::HttpsClient::Create(arguments());
  EXPECT_TRUE(client.ok()) << client.status();
  if (!client.ok()) return {};
  auto reply =
      (*client)->Send({.method = method, .target = target, .headers = {{"Authorization", "Bearer " + Site::token()}}, .body = body});
  EXPECT_TRUE(reply.ok()) << method << " " << target << ": " << reply.status();
  return reply.ok() ? *reply : server::HttpsReply{};
}

nlohmann::json RunningServer::Get(const std::string& target) const {
  return nlohmann::json::parse(Ask("GET", target).body, nullptr, false);
}

std::unique_ptr<Program> RunningServer::Waits(const std::string& user, const std::string& device) const {
  const std::size_t before = held();
  auto ping = Ping(user, device, {"--folder", "inbox", "--heartbeat", "900", "--sync"});
  EXPECT_TRUE(AwaitHeld(before + 1)) << ping->err();
  return ping;
}

std::size_t RunningServer::held() const { return Get("/v1/pings").value("held", std::size_t{0}); }

bool RunningServer::AwaitHeld(std::size_t pings) const {
  return Eventually([&] { return held() == pings; });
}

}  // namespace mailwake::test
