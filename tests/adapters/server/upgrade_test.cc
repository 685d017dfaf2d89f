// SPDX-License-Identifier: Apache-2.0
//
// One server takes the place of another while devices wait.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

sockaddr_un Name(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  EXPECT_LT(path.size(), sizeof(name.sun_path));
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  return name;
}

TEST(UpgradeTest, TheNextServerTakesOverAndTheOldOneOnlyAnswersItsDevices) {
  const Site site("drain_s = 1\n");
  site.AddUser("ann");
  RunningServer old(site);
  const auto waits = old.Waits("ann", "A");
  RunningServer next(site, {"--take-over"});
  EXPECT_EQ(next.url(), old.url());
  EXPECT_EQ(next.Publish("ann", "inbox").exit_code, 0);
  EXPECT_THAT(waits->Wait().out, StartsWith("status 1: ")) << "the old one knows of no change, and may not say more";
  const Result ended = old.program().Wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("the next server takes over: answering 1 PINGs"));
  EXPECT_THAT(next.Ping("ann", "A", {})->Wait().out, StartsWith("status 2: ")) << "what it watches, and what came since, is known";
}

TEST(UpgradeTest, WhatTheOldServerAcknowledgedTheNextOneKnows) {
  const Site site("drain_s = 0\n");
  site.AddUser("ann");
  RunningServer old(site);
  {
    const auto waits = old.Waits("ann", "A");
  }
  ASSERT_TRUE(old.AwaitHeld(0));
  EXPECT_EQ(old.Publish("ann", "inbox").exit_code, 0);
  RunningServer next(site, {"--take-over"});
  EXPECT_THAT(next.Ping("ann", "A", {})->Wait().out, StartsWith("status 2: "));
}

TEST(UpgradeTest, AndTheNextOneAfterThatToo) {
  const Site site("drain_s = 0\n");
  RunningServer first(site), second(site, {"--take-over"}), third(site, {"--take-over"});
  EXPECT_EQ(first.program().Wait().exit_code, 0);
  EXPECT_EQ(second.program().Wait().exit_code, 0);
  EXPECT_EQ(third.Ask("GET", "/healthz").status, 200);
}

TEST(UpgradeTest, ANextServerThatIsConfiguredWronglyLeavesTheOldOneAlone) {
  const Site site;
  site.AddUser("ann");
  RunningServer old(site);
  const auto waits = old.Waits("ann", "A");
  const std::string nothing = site.dir().Write("nothing.pem", "");
  const Result refused = Program({"serve", "--config", site.config(), "--take-over", "--cert", nothing, "--key", nothing}).Wait();
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("nothing.pem"));
  EXPECT_TRUE(old.AwaitHeld(1));
  EXPECT_EQ(old.Publish("ann", "inbox").exit_code, 0);
  EXPECT_THAT(waits->Wait().out, StartsWith("status 2: "));
}

TEST(UpgradeTest, AServerThatIsEndingIsNotTakenOver) {
  const Site site("drain_s = 3600\n");
  site.AddUser("ann");
  RunningServer old(site);
  const auto waits = old.Waits("ann", "A");
  old.program().Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return old.program().err().find("SIGTERM: answering") != std::string::npos; }));
  const Result refused = Program({"serve", "--config", site.config(), "--take-over"}).Wait();
  EXPECT_EQ(refused.exit_code, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("does not give its place"));
}

TEST(UpgradeTest, WithNobodyToTakeOverItStartsAsUsual) {
  const Site site("drain_s = 0\n");
  RunningServer server(site, {"--take-over"});
  EXPECT_THAT(server.program().err(), HasSubstr("no server runs on this store"));
  EXPECT_EQ(server.Ask("GET", "/healthz").status, 200);
}

TEST(UpgradeTest, ASignalDuringTheLastAnswersEndsTheOldOneOnlyTheSecondTime) {
  const Site site("drain_s = 3600\n");
  site.AddUser("ann");
  RunningServer old(site);
  const auto waits = old.Waits("ann", "A");
  RunningServer next(site, {"--take-over"});
  old.program().Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return old.program().err().find("ending already") != std::string::npos; }));
  EXPECT_TRUE(old.program().Running());
  old.program().Signal(SIGTERM);
  EXPECT_EQ(old.program().Wait().exit_code, 1);
  EXPECT_EQ(next.Ask("GET", "/healthz").status, 200);
}

// Whoever supervises the old one must learn that nobody serves.
TEST(UpgradeTest, ANextServerThatEndsBeforeItServesIsAFailureOfTheOldOne) {
  const Site site("drain_s = 0\n");
  RunningServer old(site);
  const std::string path = site.dir() / "m.db.upgrade";
  const sockaddr_un name = Name(path);
  const int asks = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(asks, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  char given = 0;
  EXPECT_EQ(::recv(asks, &given, 1, 0), 1) << "with the socket, which is closed at once";
  ::close(asks);
  const Result ended = old.program().Wait();
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("ended before it served"));
  EXPECT_EQ(RunningServer(site).Ask("GET", "/healthz").status, 200) << "and the store is free";
}

// A program that was installed in the meantime is started by the one that runs, which it replaces.
TEST(UpgradeTest, Sigusr2StartsTheNextServer) {
  const Site site("drain_s = 0\n");
  RunningServer old(site);
  old.program().Signal(SIGUSR2);
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  ASSERT_TRUE(Eventually([&] { return old.Ask("GET", "/healthz").status == 200; }));
  const std::string log = old.program().err();
  const std::size_t at = log.find("(pid ");
  ASSERT_NE(at, std::string::npos) << log;
  const pid_t next = std::atoi(log.c_str() + at + 5);
  ASSERT_GT(next, 1) << log;
  EXPECT_EQ(::kill(next, SIGTERM), 0);
  EXPECT_TRUE(Eventually([&] {
    const std::string text = old.program().err();
    const std::size_t first = text.find("ended");
    return first != std::string::npos && text.find("ended", first + 1) != std::string::npos;
  })) << old.program().err();
}

// As systemd's Type=notify has it.
TEST(UpgradeTest, WhoSupervisesItIsToldWhichProcessServes) {
  const Site site("drain_s = 0\n");
  const std::string path = site.dir() / "notify";
  const sockaddr_un name = Name(path);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  RunningServer old(site);
  char first[256] = "", second[256] = "";
  EXPECT_GT(::recv(socket, first, sizeof(first) - 1, 0), 0);
  RunningServer next(site, {"--take-over"});
  EXPECT_GT(::recv(socket, second, sizeof(second) - 1, 0), 0);
  ::unsetenv("NOTIFY_SOCKET");
  ::close(socket);
  EXPECT_THAT(first, StartsWith("READY=1\nMAINPID="));
  EXPECT_THAT(second, StartsWith("READY=1\nMAINPID="));
  EXPECT_THAT(second, Not(testing::StrEq(first)));
}

}  // namespace
}  // namespace mailwake::test
