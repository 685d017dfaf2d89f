// SPDX-License-Identifier: Apache-2.0
//
// The whole way: serve, user, publish, ping, explain, as processes over TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>

#include "adapters/server/device.h"
#include "adapters/server/file_limit.h"
#include "adapters/server/memory_limit.h"
#include "mailwake/adapters/http_text.h"
#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(ServeTest, SaysWhereItIsReadyAndAnswersThere) {
  const Site site;
  RunningServer server(site);
  EXPECT_THAT(server.program().out(), MatchesRegex("mailwake ready https://127\\.0\\.0\\.1:[1-9][0-9]*\n"));
  EXPECT_EQ(server.Ask("GET", "/healthz").body, "ok\n");
  EXPECT_THAT(server.Ask("GET", "/metrics").body, HasSubstr("\nmailwake_connections "));
}

TEST(ServeTest, MakesASelfSignedCertificateOnceAndSaysSo) {
  const Site site;
  {
    RunningServer first(site);
    EXPECT_THAT(first.program().err(), HasSubstr("made a self-signed one: " + site.certificate()));
  }
  const std::string certificate = ReadFile(site.certificate());
  EXPECT_THAT(certificate, HasSubstr("BEGIN CERTIFICATE"));
  struct stat key {};
  ASSERT_EQ(::stat((site.dir() / "m.db.key.pem").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);
  RunningServer second(site);
  EXPECT_EQ(ReadFile(site.certificate()), certificate);
  EXPECT_EQ(server::HttpsReply(second.Ask("GET", "/healthz")).status, 200);
}

TEST(ServeTest, RaisesTheLimitOfOpenFilesAndSaysHowManyPingsItAllows) {
  const Site site;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_GT(before.rlim_max, 256U);
  const rlimit low{.rlim_cur = 256, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  RunningServer server(site);
  ::setrlimit(RLIMIT_NOFILE, &before);
  rlimit raised{};
  ASSERT_EQ(::prlimit(server.program().pid(), RLIMIT_NOFILE, nullptr, &raised), 0);
  EXPECT_EQ(raised.rlim_cur, before.rlim_max);
  const std::size_t memory = server::MemoryLimit(server::MachineMemory());
  const std::size_t connections = std::min(server::ConnectionsFor(before.rlim_max), server::ConnectionsIn(memory));
  EXPECT_THAT(server.program().err(),
              HasSubstr("PINGs: at most " + std::to_string(server::PingsFor(connections)) + "; the limit of open files is " +
                        std::to_string(before.rlim_max) + ", of memory " + std::to_string(memory >> 20) + " MiB\n"));
}

TEST(ServeTest, WarnsOfMorePingsThanTheFileLimitAllows) {
  const Site site("limits.pings = 10000000\n");
  RunningServer server(site);
  EXPECT_THAT(server.program().err(), HasSubstr("PINGs: at most 10000000 (limits.pings); the limit of open files is "));
  EXPECT_THAT(server.program().err(), HasSubstr("limits.pings is above what "));
}

TEST(ServeTest, WithoutATokenFileV1IsClosedAndTheStartSaysHowToOpenIt) {
  const Site site;
  const std::string config = site.dir().Write("no_token.toml", "listen = \"127.0.0.1:0\"\nstore = \"" + site.store() + "\"\n");
  Program program({"serve", "--config", config});
  ASSERT_TRUE(Eventually([&] { return program.out().find('\n') != std::string::npos; })) << program.err();
  EXPECT_THAT(program.err(), HasSubstr("--ingest-token-file"));
  const std::string url = program.out().substr(15, program.out().find('\n') - 15);
  auto client = server::HttpsClient::Create({.url = url, .ca_file = site.certificate()});
  EXPECT_EQ((*client)->Send({.target = "/v1/pings", .headers = {{"Authorization", "Bearer " + Site::token()}}})->status, 401);
}

TEST(WakeTest, APublishedChangeWakesTheDeviceThatWatchesTheFolderAndNoOther) {
  const Site site;
  site.AddUser("ann@example.org");
  site.AddUser("bob");
  RunningServer server(site);
  const auto ann =
      server.Ping("ann@example.org", "ANN1", {"--folder", "inbox", "--folder", "cal:calendar", "--heartbeat", "900", "--sync"});
  const auto other_folder = server.Ping("ann@example.org", "ANN2", {"--folder", "cal:calendar", "--heartbeat", "900", "--sync"});
  const auto other_user = server.Ping("bob", "BOB1", {"--folder", "inbox", "--heartbeat", "900", "--sync"});
  ASSERT_TRUE(server.AwaitHeld(3));

  const Result published = server.Publish("ann@example.org", "inbox");
  EXPECT_EQ(published.exit_code, 0) << published.err;
  EXPECT_EQ(published.out, "accepted 1\n");

  const Result woken = ann->Wait();
  EXPECT_EQ(woken.exit_code, 0) << woken.err;
  EXPECT_EQ(woken.out, "status 2: changes in the folders below\nfolder inbox\n");
  EXPECT_TRUE(other_folder->Running());
  EXPECT_TRUE(other_user->Running());
  EXPECT_EQ(server.Get("/v1/pings").at("held"), 2);
}

TEST(WakeTest, NothingChangedEndsWithStatus1) {
  const Site site("heartbeat.min_s = 1\n");
  site.AddUser("ann");
  RunningServer server(site);
  const Result ended = server.Ping("ann", "A", {"--folder", "inbox", "--heartbeat", "1", "--sync"})->Wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::StartsWith("status 1: "));
}

TEST(WakeTest, AnErrorStatusNamesTheBound) {
  const Site site;
  site.AddUser("ann");
  RunningServer server(site);
  const Result early = server.Ping("ann", "A", {"--folder", "inbox", "--heartbeat", "59"})->Wait();
  EXPECT_EQ(early.exit_code, 1);
  EXPECT_THAT(early.out, MatchesRegex("status 5: [^\n]*\nbound 60\n"));
  const Result missing = server.Ping("ann", "A", {})->Wait();
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.out, testing::StartsWith("status 3: "));
}

TEST(WakeTest, ManyLinesFromStandardInput) {
  const Site site;
  RunningServer server(site);
  std::string lines;
  for (int i = 0; i < 20'000; ++i) {
    lines += R"({"mailbox":"m)" + std::to_string(i % 500) + R"(","folder":"inbox","class":"email","kind":"added"})" + "\n";
  }
  const std::vector<std::string> words = {"publish",          "--server",     server.url(),     "--ca",
                                          site.certificate(), "--token-file", site.token_file()};
  const Result all = Program(words, lines).Wait();
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.out, "accepted 20000\n");
  const Result bad = Program(words, lines + "{}\n").Wait();
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("line 20001: \"mailbox\" is missing"));
}

TEST(ExplainTest, SaysWhyADeviceWaitsAndHowItsLastPingEnded) {
  const Site site;
  site.AddUser("ann");
  RunningServer server(site);
  const auto ping = server.Ping("ann", "DEV1", {"--folder", "inbox", "--heartbeat", "900", "--sync"});
  ASSERT_TRUE(server.AwaitHeld(1));
  const std::vector<std::string> words = {"explain", "--device",         "DEV1",         "--server",       server.url(),
                                          "--ca",    site.certificate(), "--token-file", site.token_file()};
  const Result waiting = Program(words).Wait();
  EXPECT_EQ(waiting.exit_code, 0) << waiting.err;
  EXPECT_THAT(waiting.out, HasSubstr("device DEV1 of ann\nwaits since "));
  EXPECT_THAT(waiting.out, HasSubstr("folder inbox (email): version "));

  EXPECT_EQ(server.Publish("ann", "inbox").exit_code, 0);
  ping->Wait();
  const Result ended = Program(words).Wait();
  EXPECT_THAT(ended.out, HasSubstr("does not wait\n"));
  EXPECT_THAT(ended.out, MatchesRegex("(.|\n)*last PING: changed at [^\n]*, by folder inbox at version [0-9]+\n(.|\n)*"));

  std::vector<std::string> json = words;
  json.push_back("--json");
  EXPECT_EQ(nlohmann::json::parse(Program(json).Wait().out).at("last_end").at("reason"), "changed");
  std::vector<std::string> unknown = words;
  unknown[2] = "NONE";
  EXPECT_EQ(Program(unknown).Wait().exit_code, 1);
}

TEST(WakeTest, TheCertificateIsChecked) {
  const Site site;
  RunningServer server(site);
  const Result untrusted = Program({"publish", "ann", "inbox", "--server", server.url(), "--token-file", site.token_file()}).Wait();
  EXPECT_EQ(untrusted.exit_code, 1);
  EXPECT_THAT(untrusted.err, HasSubstr("is not trusted"));
  EXPECT_THAT(untrusted.err, HasSubstr("--ca FILE"));
  const Result insecure =
      Program({"publish", "ann", "inbox", "--server", server.url(), "--token-file", site.token_file(), "--insecure"}).Wait();
  EXPECT_EQ(insecure.exit_code, 0) << insecure.err;
}

TEST(HeartbeatAlarmTest, IsOneLineOfTheLogThatNamesTheNetwork) {
  const Site site;
  site.AddUser("ann");
  RunningServer server(site);
  EXPECT_EQ(server.Publish("ann", "inbox").exit_code, 0);
  auto client = server::HttpsClient::Create(server.arguments()).value();
  for (int i = 0; i < 200; ++i) {  // each is behind, so none waits
    EXPECT_THAT(server.program().err(), Not(HasSubstr("heartbeats: "))) << i;
    const auto answer =
        server::Device(*client, "ann", Site::password(), "D" + std::to_string(i)).Ping({{.id = "inbox"}}, std::chrono::seconds(300));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 2);
  }
  EXPECT_TRUE(
      Eventually([&] { return server.program().err().find("the last 200 [Ping] heartbeats is 300 s; 200 devices") != std::string::npos; }));
  EXPECT_THAT(server.program().err(), HasSubstr("127.0.0.0/24 (200 devices"));
  EXPECT_EQ(server.Get("/v1/pings").at("held"), 0);
}

TEST(LogTest, ARefusedLoginIsOneLineWithUserAndAddressAndIsCounted) {
  const Site site;
  site.AddUser("ann");
  RunningServer server(site);
  auto client = server::HttpsClient::Create(server.arguments()).value();
  EXPECT_THAT(server.Ask("GET", "/metrics").body, HasSubstr("\nmailwake_logins_refused_total 0\n"));
  for (const char* user : {"ann", "eve\nforged"}) {
    const auto answer = server::Device(*client, user, "battery", "D").Ping({{.id = "inbox"}}, std::chrono::seconds(300));
    EXPECT_TRUE(absl::IsPermissionDenied(answer.status())) << answer.status();
  }
  EXPECT_THAT(server.program().err(), HasSubstr("refused login from 127.0.0.1 of \"ann\": wrong user or password\n"));
  EXPECT_THAT(server.program().err(), HasSubstr("refused login from 127.0.0.1 of \"eve\\nforged\":"));
  EXPECT_THAT(server.Ask("GET", "/metrics").body, HasSubstr("\nmailwake_logins_refused_total 2\n"));
}

TEST(LogTest, ConnectionsOverTheLimitOfAnAddressAreOneLineAMinute) {
  const Site site("limits.connections_per_address = 2\n");
  RunningServer server(site);
  std::vector<std::unique_ptr<server::HttpsClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(server::HttpsClient::Create(server.arguments()).value());
    EXPECT_EQ(clients.back()->Send({.target = "/healthz"}).ok(), i < 2) << i;
  }
  const std::string log = server.program().err();
  const std::size_t first = log.find("127.0.0.1 has 2 connections (limits.connections_per_address)");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("limits.connections_per_address", first + 70), std::string::npos) << log;
}

TEST(WakeTest, SecretsStayOutOfTheLog) {
  const Site site("drain_s = 0\n");
  site.AddUser("ann");
  RunningServer server(site);
  const std::string wrong = "battery staple", wrong_token = "fedcba9876543210";
  auto client = server::HttpsClient::Create(server.arguments()).value();
  EXPECT_EQ(server.Publish("ann", "inbox").exit_code, 0);
  EXPECT_EQ(server::Device(*client, "ann", Site::password(), "D").Ping({{.id = "inbox"}}, std::chrono::seconds(300))->status, 2);
  const std::string file = site.dir().Write("wrong", wrong + "\n");
  const Result refused =
      Program({"ping", "--user", "ann", "--password-file", file, "--server", server.url(), "--ca", site.certificate()}).Wait();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("wrong user or password"));
  server.Ask("POST", "/v1/changes", "{");
  for (const std::string& authorization :
       {"Bearer " + wrong_token, "Bearer " + Site::token(), BasicAuthorization("ann", Site::password())}) {
    for (const char* target : {"/v1/changes", "/Microsoft-Server-ActiveSync?Cmd=Ping&User=ann&DeviceId=D&DeviceType=P", "/nowhere"}) {
      EXPECT_TRUE(client->Send({.method = "POST", .target = target, .headers = {{"Authorization", authorization}}}).ok());
    }
  }
  server.program().Signal(SIGTERM);
  const Result ended = server.program().Wait();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, HasSubstr("refused login from 127.0.0.1 of \"ann\""));
  const auto encoded = [](const std::string& password) { return Base64Encode("ann:" + password); };
  for (const std::string& secret : {Site::password(), encoded(Site::password()), wrong, encoded(wrong), Site::token(), wrong_token}) {
    EXPECT_THAT(ended.err + refused.err, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace mailwake::test
