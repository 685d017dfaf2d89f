// SPDX-License-Identifier: Apache-2.0
//
// What cannot be served is refused: with a message that names the next step, the right exit code, and nothing half done.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "mailwake/adapters/http_text.h"
#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;

Result Serve(const Site& site, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"serve", "--config", site.config()};
  words.insert(words.end(), more.begin(), more.end());
  return Program(words).Wait();
}

TEST(RefusalTest, AWrongConfigurationIsExitCode2) {
  const Site site("heartbeat.min_s = 0\n");
  const Result result = Serve(site);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("mailwake.toml:4:"));
  EXPECT_THAT(result.err, HasSubstr("heartbeat.min_s is 0: it must be a whole number from 1 to 86400"));
  EXPECT_EQ(result.out, "");
  struct stat info {};
  EXPECT_NE(::stat((site.dir() / "m.db").c_str(), &info), 0) << "no store was made";
}

TEST(RefusalTest, WrongFlagsAreExitCode2) {
  const Site site;
  EXPECT_EQ(Serve(site, {"--listen", "nowhere"}).exit_code, 2);
  EXPECT_EQ(Serve(site, {"--store", "m.db"}).exit_code, 2);
  EXPECT_EQ(Serve(site, {"--cert", "c.pem"}).exit_code, 2);
  EXPECT_EQ(Serve(site, {"--config", "/nonexistent.toml"}).exit_code, 2);
  EXPECT_EQ(Serve(site, {"--listen", "203.0.113.1:0"}).exit_code == 0, false);
}

TEST(RefusalTest, ATokenFileThatIsMissingOrEmptyIsExitCode2) {
  const Site site;
  const Result missing = Serve(site, {"--ingest-token-file", site.dir() / "none"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("openssl rand"));
  const Result empty = Serve(site, {"--ingest-token-file", site.dir().Write("empty", " \n")});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("is empty"));
  const Result two = Serve(site, {"--ingest-token-file", site.dir().Write("two", "a b\n")});
  EXPECT_EQ(two.exit_code, 2);
}

TEST(RefusalTest, ATokenFileThatOthersCanReadIsWarnedOf) {
  const Site site;
  ::chmod(site.token_file().c_str(), 0644);
  RunningServer server(site);
  EXPECT_THAT(server.program().err(), HasSubstr("chmod 600 " + site.token_file()));
}

TEST(RefusalTest, AStoreThatIsServedAlreadyIsNotServedTwice) {
  const Site site;
  RunningServer first(site);
  const Result second = Serve(site);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("m.db"));
  EXPECT_EQ(second.out, "");
  EXPECT_EQ(first.Ask("GET", "/healthz").status, 200) << "the first goes on";
}

TEST(RefusalTest, ADamagedStoreIsRefusedAndLeftAsItIs) {
  const Site site;
  const std::string garbage = "SQLite format 3" + std::string(1, '\0') + std::string(8192, 'x');
  for (const std::string& damaged :
       {garbage, std::string("not a store at all, but a text that somebody keeps\n"), std::string(5000, '\0')}) {
    const std::string path = site.dir().Write("m.db", damaged);
    const Result result = Serve(site);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr(path));
    EXPECT_EQ(ReadFile(path), damaged);
    EXPECT_EQ(Program({"user", "add", "ann", "--store", site.store()}, "pw\n").Wait().exit_code, 1);
    EXPECT_EQ(ReadFile(path), damaged);
  }
}

TEST(RefusalTest, AStoreDirectoryThatDoesNotExistIsNamed) {
  const Site site;
  const Result result = Serve(site, {"--store", "sqlite:" + site.dir() / "none/m.db"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("none/m.db"));
}

TEST(RefusalTest, ABadCertificateIsNamed) {
  const Site site;
  { const RunningServer make_one(site); }
  const std::string cert = site.certificate();
  const std::string key = site.dir() / "m.db.key.pem";
  const std::string garbage = site.dir().Write("garbage.pem", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
  const std::string none = site.dir() / "none.pem";
  const Site other;
  { const RunningServer make_another(other); }
  const std::string foreign_key = other.dir() / "m.db.key.pem";
  for (const auto& [c, k, named] : {std::tuple{garbage, key, garbage},
                                    {none, key, none},
                                    {cert, garbage, garbage},
                                    {cert, none, none},
                                    {cert, foreign_key, foreign_key}}) {
    const Result result = Serve(site, {"--cert", c, "--key", k});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(named));
    EXPECT_EQ(result.out, "");
  }
}

TEST(RefusalTest, AnAddressInUseIsNamed) {
  const Site site;
  RunningServer first(site);
  const Site other;
  const std::string address = first.url().substr(std::string("https://").size());
  const Result second = Serve(other, {"--listen", address});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr(address));
}

TEST(RefusalTest, AWrongTokenNamesTheOptionThatIsWrong) {
  const Site site;
  RunningServer server(site);
  const std::string wrong = site.dir().Write("wrong", "abcdef\n");
  for (std::vector<std::string> words : std::vector<std::vector<std::string>>{{"publish", "ann", "inbox"}, {"explain", "--device", "D"}}) {
    for (const std::string& word :
         {std::string("--token-file"), wrong, std::string("--server"), server.url(), std::string("--ca"), site.certificate()})
      words.push_back(word);
    const Result result = Program(words).Wait();
    EXPECT_NE(result.exit_code, 0);
    EXPECT_THAT(result.err, HasSubstr("the server does not take the token of --token-file " + wrong)) << words[0];
  }
}

TEST(RefusalTest, APasswordFileThatCannotBeReadIsNamedWithTheReason) {
  const Site site;
  const Result result = Program({"ping", "--user", "ann", "--password-file", site.dir() / "nope"}).Wait();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("nope: No such file or directory"));
  const Result directory = Program({"ping", "--user", "ann", "--password-file", "/tmp"}).Wait();
  EXPECT_EQ(directory.exit_code, 2);
  EXPECT_THAT(directory.err, HasSubstr("/tmp: Is a directory"));
}

TEST(RefusalTest, TooManyRequestsAMinuteOfAUserAreToldToComeBackAndLogged) {
  const Site site("limits.requests_per_user_minute = 2\n");
  for (const char* name : {"ann", "bob"}) site.AddUser(name);
  RunningServer server(site);
  for (int i = 0; i < 2; ++i) EXPECT_THAT(server.Ping("ann", "A", {})->Wait().out, HasSubstr("status 3"));
  EXPECT_THAT(server.Ping("ann", "A", {})->Wait().err, HasSubstr("HTTP 503"));
  EXPECT_THAT(server.program().err(), HasSubstr("the user ann sends too many a minute (limits.requests_per_*)"));
  EXPECT_THAT(server.Ping("bob", "A", {})->Wait().out, HasSubstr("status 3"));
}

// So many on one connection, each answered `status`.
void SendAgainAndAgain(const RunningServer& server, const server::HttpsMessage& message, int times, int status) {
  auto client = server::HttpsClient::Create(server.arguments());
  ASSERT_TRUE(client.ok()) << client.status();
  for (int i = 0; i < times; ++i) {
    const auto reply = (*client)->Send(message);
    ASSERT_TRUE(reply.ok()) << reply.status();
    ASSERT_EQ(reply->status, status);
  }
}

TEST(RefusalTest, WhoeverShowsNeitherTokenNorPasswordIsServedAtARate) {
  const Site site;
  site.AddUser("ann");
  RunningServer server(site);
  const auto paused = [&server] {
    return server.Ask("GET", "/metrics").body.find("\nmailwake_http_paused_total 0\n") == std::string::npos;
  };
  SendAgainAndAgain(server, {.target = "/v1/pings", .headers = {{"Authorization", "Bearer " + Site::token()}}}, 40, 200);
  const server::HttpsMessage options{.method = "OPTIONS",
                                     .target = "/Microsoft-Server-ActiveSync",
                                     .headers = {{"Authorization", BasicAuthorization("ann", Site::password())}}};
  SendAgainAndAgain(server, options, 40, 200);
  EXPECT_FALSE(paused());
  SendAgainAndAgain(server, {.target = "/v1/pings", .headers = {{"Authorization", "Bearer wrong"}}}, 18, 401);
  EXPECT_TRUE(paused());
}

// A Ping that is none, so many times.
void SendBadPings(const RunningServer& server, const std::string& device, int times) {
  auto client = server::HttpsClient::Create(server.arguments());
  ASSERT_TRUE(client.ok()) << client.status();
  for (int i = 0; i < times; ++i) {
    const auto reply = (*client)->Send({.method = "POST",
                                        .target = "/Microsoft-Server-ActiveSync?Cmd=Ping&DeviceType=test&DeviceId=" + device,
                                        .headers = {{"Authorization", BasicAuthorization("ann", Site::password())}},
                                        .body = "garbage"});
    ASSERT_TRUE(reply.ok()) << reply.status();
  }
}

TEST(ExplainThrottledTest, SaysHowMuchLongerADeviceIsTurnedAway) {
  const Site site;
  site.AddUser("ann");
  RunningServer server(site);
  const auto explain = [&](const std::string& device) {
    return Program({"explain", "--mailbox", "ann", "--device", device, "--server", server.url(), "--ca", site.certificate(), "--token-file",
                    site.token_file()})
        .Wait()
        .out;
  };
  const auto waiting = server.Waits("ann", "B");
  SendBadPings(server, "A", 90);
  EXPECT_FALSE(server.Get("/v1/explain?mailbox=ann&device=A").contains("throttled_s")) << "few of them are nothing";
  SendBadPings(server, "A", 60);
  const int left = server.Get("/v1/explain?mailbox=ann&device=A").value("throttled_s", 0);
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 60);
  EXPECT_THAT(explain("A"), testing::ContainsRegex("turned away for [0-9]+ s more .503.: too many of its requests have failed"));
  EXPECT_THAT(explain("B"), testing::Not(HasSubstr("turned away")));
  EXPECT_TRUE(waiting->Running());
}

TEST(RefusalTest, CommandsThatFindNoServerSaySo) {
  const Site site;
  const Result result =
      Program({"publish", "ann", "inbox", "--server", "https://127.0.0.1:1", "--token-file", site.token_file(), "--insecure"}).Wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("is the server running there?"));
  for (const char* url : {"http://127.0.0.1:1", "127.0.0.1", "https://", "https://h:x", "https://h/path"}) {
    EXPECT_EQ(Program({"publish", "ann", "inbox", "--server", url, "--token-file", site.token_file()}).Wait().exit_code, 2) << url;
  }
  EXPECT_EQ(Program({"publish", "ann", "inbox", "--token-file", site.token_file(), "--class", "mail"}).Wait().exit_code, 2);
  EXPECT_EQ(Program({"publish", "ann", "inbox", "--token-file", site.token_file(), "--kind", "moved"}).Wait().exit_code, 2);
  EXPECT_EQ(Program({"publish", "ann", "\xff", "--token-file", site.token_file()}).Wait().exit_code, 2);
}

}  // namespace
}  // namespace mailwake::test
