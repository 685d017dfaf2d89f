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
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/adapters/server/running_server.h"
#include "tests/support/https_client.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A request over plain HTTP. 0: no answer.
int PlainStatus(const std::string& address) {
  HttpsClient client(address, {});
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  return client.connected() ? client.Receive().status : 0;
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
  EXPECT_THAT(ended.err, HasSubstr("the next server serves: answering 1 PINGs"));
  EXPECT_THAT(next.Ping("ann", "A", {})->Wait().out, StartsWith("status 2: ")) << "what it watches, and what came since, is known";
}

TEST(UpgradeTest, WhatTheOldServerAcknowledgedTheNextOneKnows) {
  const Site site("drain_s = 0\n");
  site.AddUser("ann");
  RunningServer old(site);
  { const auto waits = old.Waits("ann", "A"); }
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

// A program that was installed in the meantime is started by the one that runs, which it replaces.
TEST(UpgradeTest, Sigusr2StartsTheNextServer) {
  const Site site("drain_s = 0\n");
  RunningServer old(site);
  old.program().Signal(SIGUSR2);
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  ASSERT_TRUE(Eventually([&] { return old.Ask("GET", "/healthz").status == 200; }));
  End(old.started());
}

// Else it would keep alive what the old one closes: first of all the socket on which it asks.
TEST(UpgradeTest, AndGivesItNoneOfItsFiles) {
  const Site site("drain_s = 0\n");
  RunningServer old(site);
  std::string inode;
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);) {
    if (!line.ends_with(site.dir() / "m.db.upgrade")) continue;
    std::istringstream words(line);
    for (int i = 0; i < 7; ++i) words >> inode;
  }
  ASSERT_FALSE(inode.empty());
  old.program().Signal(SIGUSR2);
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  int open = 0;
  for (const auto& file : std::filesystem::directory_iterator("/proc/" + std::to_string(old.started()) + "/fd")) {
    std::error_code gone;
    EXPECT_NE(std::filesystem::read_symlink(file, gone), "socket:[" + inode + "]");
    ++open;
  }
  EXPECT_GT(open, 3);
  End(old.started());
}

TEST(UpgradeTest, AUnixSocketIsTakenOverToo) {
  const Site site("drain_s = 0\n");
  const std::string address = "unix:" + site.dir() / "http.sock";
  RunningServer old(site, {"--listen", address}), next(site, {"--listen", address, "--take-over"});
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  EXPECT_EQ(next.url(), address);
  EXPECT_EQ(PlainStatus(address), 200);
}

// The socket stays what it was until a start as usual: no plain HTTP where devices come, and no TLS for a proxy that does not speak it.
TEST(UpgradeTest, AListenOfAnotherKindDoesNotChangeWhatIsSpoken) {
  const Site site("drain_s = 0\n");
  const std::string address = "unix:" + site.dir() / "http.sock";
  {
    RunningServer old(site), next(site, {"--listen", address, "--take-over"});
    EXPECT_EQ(old.program().Wait().exit_code, 0);
    EXPECT_EQ(next.url(), old.url());
    EXPECT_EQ(next.Ask("GET", "/healthz").status, 200);
    EXPECT_THAT(next.program().err(), HasSubstr("counts from the next start without --take-over"));
  }
  RunningServer old(site, {"--listen", address});
  RunningServer next(site, {"--take-over", "--cert", site.certificate(), "--key", site.dir() / "m.db.key.pem"});
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  EXPECT_EQ(next.url(), address);
  EXPECT_EQ(PlainStatus(address), 200);
}

// As systemd's Type=notify has it.
TEST(UpgradeTest, WhoSupervisesItIsToldWhichProcessServes) {
  const Site site("drain_s = 0\n");
  const std::string path = site.dir() / "notify";
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(name.sun_path));
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  const auto told = [socket] {
    char text[256] = "";
    EXPECT_GT(::recv(socket, text, sizeof(text) - 1, 0), 0);
    return std::string(text);
  };
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  RunningServer old(site);
  EXPECT_EQ(told(), "READY=1\nMAINPID=" + std::to_string(old.program().pid()) + "\n");
  RunningServer next(site, {"--take-over"});
  EXPECT_EQ(told(), "READY=1\nMAINPID=" + std::to_string(next.program().pid()) + "\n");
  ::unsetenv("NOTIFY_SOCKET");
  ::close(socket);
}

}  // namespace
}  // namespace mailwake::test
