// SPDX-License-Identifier: Apache-2.0
//
// What may go wrong while one server takes the place of another, and who serves then.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tests/adapters/server/running_server.h"
#include "tests/adapters/server/upgrade_sockets.h"
#include "tests/support/https_client.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class UpgradeFailureTest : public testing::Test {
 protected:
  UpgradeFailureTest() { site_.AddUser("ann"); }

  std::string Path() const { return site_.dir() / "m.db.upgrade"; }
  static bool Logs(RunningServer& server, const std::string& text) {
    return Eventually([&] { return server.program().err().find(text) != std::string::npos; });
  }
  // A publish of which the last bytes are still to come.
  static HttpsClient HalfAPublish(const RunningServer& server) {
    HttpsClient client(server.url().substr(std::string("https://").size()), {.tls = true});
    EXPECT_TRUE(client.connected());
    EXPECT_TRUE(client.Send("POST /v1/changes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + Site::token() +
                            "\r\nContent-Length: " + std::to_string(Change().size()) + "\r\n\r\n" + Change().substr(0, 20)));
    return client;
  }
  static std::string Change() { return "{\"mailbox\":\"ann\",\"folder\":\"inbox\",\"class\":\"email\",\"kind\":\"added\"}\n"; }

  const Site site_{"drain_s = 3600\n"};
};

// A source that takes a 4xx for final would drop the change.
TEST_F(UpgradeFailureTest, AChangeThatComesTooLateForTheOldServerIsToBeSentAgain) {
  RunningServer old(site_);
  HttpsClient late = HalfAPublish(old);
  RunningServer next(site_, {"--take-over"});
  ASSERT_TRUE(late.Send(Change().substr(20)));
  const HttpsClient::Response answer = late.Receive();
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_THAT(answer.header, HasSubstr("Retry-After: "));
  EXPECT_EQ(next.Ask("POST", "/v1/changes", Change()).status, 200);
}

TEST_F(UpgradeFailureTest, ANextServerThatGoesAwayLeavesTheOldOneServing) {
  RunningServer old(site_);
  const auto waits = old.Waits("ann", "A");
  {
    const HttpsClient under_way = HalfAPublish(old);
    Asker asks(Path());
    ASSERT_TRUE(asks.connected());
    ASSERT_TRUE(Logs(old, "the next server asks"));
  }
  ASSERT_TRUE(Logs(old, "this server goes on: the next one went away"));
  EXPECT_TRUE(old.AwaitHeld(1));
  EXPECT_EQ(old.Publish("ann", "inbox").exit_code, 0);
  EXPECT_THAT(waits->Wait().out, StartsWith("status 2: "));
  RunningServer next(site_, {"--take-over"});
  EXPECT_EQ(old.program().Wait().exit_code, 0) << "and another one may have the place";
  EXPECT_EQ(next.Ask("GET", "/healthz").status, 200);
}

TEST_F(UpgradeFailureTest, TheDevicesAreSentAwayOnlyOnceTheNextServerServes) {
  const Site site("drain_s = 0\n");
  site.AddUser("ann");
  RunningServer old(site);
  const auto waits = old.Waits("ann", "A");
  Asker asks(site.dir() / "m.db.upgrade");
  ASSERT_TRUE(asks.GetsThePlace());
  EXPECT_THAT(old.program().err(), Not(HasSubstr("answering 1 PINGs")));
  asks.SaysThatItServes();
  EXPECT_THAT(waits->Wait().out, StartsWith("status 1: "));
  EXPECT_EQ(old.program().Wait().exit_code, 0);
}

TEST_F(UpgradeFailureTest, ASecondServerThatAsksMeanwhileIsToldNo) {
  RunningServer old(site_);
  const HttpsClient under_way = HalfAPublish(old);
  Asker first(Path());
  ASSERT_TRUE(Logs(old, "the next server asks"));
  Asker second(Path());
  ASSERT_TRUE(second.connected());
  EXPECT_FALSE(second.GetsThePlace());
  EXPECT_TRUE(first.GetsThePlace());
  EXPECT_EQ(Asker(Path()).error(), ENOENT) << "from now on it is the next one's";
}

// Else another starter could get the one, and the next server the other: nobody would serve.
TEST_F(UpgradeFailureTest, TheOwnershipOfTheStoreGoesWithTheSocket) {
  RunningServer old(site_);
  Asker asks(Path());
  ASSERT_TRUE(asks.GetsThePlace());
  const Result third = Program({"serve", "--config", site_.config()}).Wait();
  EXPECT_EQ(third.exit_code, 1);
  EXPECT_THAT(third.err, HasSubstr("is in use by another mailwake"));
}

// Whoever supervises the old one must learn at once that nobody serves.
TEST_F(UpgradeFailureTest, ANextServerThatEndsBeforeItServesEndsTheOldOneToo) {
  RunningServer old(site_);
  const auto waits = old.Waits("ann", "A");
  Asker asks(Path());
  ASSERT_TRUE(asks.GetsThePlace());
  asks.Close();
  const Result ended = old.program().Wait();
  EXPECT_EQ(ended.exit_code, 1) << "though drain_s is an hour";
  EXPECT_THAT(ended.err, HasSubstr("ended before it served"));
  EXPECT_THAT(waits->Wait().out, StartsWith("status 1: "));
  EXPECT_EQ(RunningServer(site_).Ask("GET", "/healthz").status, 200) << "and the store is free";
}

TEST_F(UpgradeFailureTest, ASignalBeforeThePlaceIsGivenEndsTheOldOneAsEver) {
  const Site site("drain_s = 0\n");
  RunningServer old(site);
  const HttpsClient under_way = HalfAPublish(old);
  Asker asks(site.dir() / "m.db.upgrade");
  ASSERT_TRUE(Logs(old, "the next server asks"));
  old.program().Signal(SIGTERM);
  EXPECT_FALSE(asks.GetsThePlace());
  EXPECT_EQ(old.program().Wait().exit_code, 0);
}

TEST_F(UpgradeFailureTest, Sigusr2IsOfNoUseOnceThePlaceIsGiven) {
  RunningServer old(site_);
  Asker asks(Path());
  ASSERT_TRUE(asks.GetsThePlace());
  old.program().Signal(SIGUSR2);
  ASSERT_TRUE(Logs(old, "SIGUSR2: this server is giving up its place already"));
  EXPECT_THAT(old.program().err(), Not(HasSubstr("(pid ")));
}

// SIGHUP and SIGUSR2 are meant for a server that serves: the one that starts is not ended by them. And if the server that it has asked
// ends, there is nothing to take over.
TEST_F(UpgradeFailureTest, AServerThatAsksOneThatEndsStartsAsUsualAndSignalsDoNotEndIt) {
  SilentServer old(Path());
  Program next({"serve", "--config", site_.config(), "--take-over"});
  ASSERT_TRUE(old.IsAsked()) << next.err();
  next.Signal(SIGHUP);
  next.Signal(SIGUSR2);
  old.Close();
  EXPECT_TRUE(Eventually([&] { return next.out().find("mailwake ready") != std::string::npos || !next.Running(); }));
  EXPECT_TRUE(next.Running()) << next.err();
  EXPECT_THAT(next.err(), HasSubstr("no server runs on this store"));
}

TEST_F(UpgradeFailureTest, NobodyElseMayAsk) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  RunningServer old(site_);
  struct stat socket {};
  ASSERT_EQ(::stat(Path().c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777, 0600u);
  ASSERT_EQ(::chmod((site_.dir() / ".").c_str(), 0755), 0);
  const auto as_nobody = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setuid(65534) != 0) ::_exit(3);
      Asker asks(Path());
      ::_exit(!asks.connected() ? (asks.error() == EACCES ? 1 : 4) : asks.GetsThePlace() ? 0 : 2);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  EXPECT_EQ(as_nobody(), 1) << "the mode keeps others out";
  ASSERT_EQ(::chmod(Path().c_str(), 0666), 0);
  EXPECT_EQ(as_nobody(), 2) << "and so does the server itself";
  EXPECT_EQ(old.Ask("GET", "/healthz").status, 200);
  EXPECT_THAT(old.program().err(), Not(HasSubstr("the next server asks")));
}

}  // namespace
}  // namespace mailwake::test
