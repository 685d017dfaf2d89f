// SPDX-License-Identifier: Apache-2.0
//
// How a server ends, and what the next one knows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(ShutdownTest, SigtermAnswersEveryPingWithStatus1AndExitsWith0) {
  const Site site("drain_s = 1\n");
  site.AddUser("ann");
  RunningServer server(site);
  std::vector<std::unique_ptr<Program>> pings;
  for (const char* device : {"A", "B", "C"}) pings.push_back(server.Waits("ann", device));
  server.program().Signal(SIGTERM);
  for (const auto& ping : pings) {
    const Result ended = ping->Wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_THAT(ended.out, StartsWith("status 1: "));
  }
  const Result result = server.program().Wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("answering 3 PINGs"));
}

TEST(ShutdownTest, SigintDrainsToo) {
  const Site site("drain_s = 0\n");
  RunningServer server(site);
  server.program().Signal(SIGINT);
  EXPECT_EQ(server.program().Wait().exit_code, 0);
}

TEST(ShutdownTest, SighupReadsTheCertificateAgainAndEndsNothing) {
  const Site site("drain_s = 0\n");
  site.AddUser("ann");
  RunningServer server(site);
  const auto ping = server.Waits("ann", "A");
  server.program().Signal(SIGHUP);
  ASSERT_TRUE(Eventually([&] { return server.program().err().find("SIGHUP: the certificate was read again") != std::string::npos; }));
  std::filesystem::rename(site.certificate(), site.certificate() + ".away");
  server.program().Signal(SIGHUP);
  ASSERT_TRUE(Eventually([&] { return server.program().err().find("SIGHUP: the certificate stays as it was") != std::string::npos; }));
  std::filesystem::rename(site.certificate() + ".away", site.certificate());
  EXPECT_TRUE(server.AwaitHeld(1));
  server.program().Signal(SIGTERM);
  EXPECT_EQ(server.program().Wait().exit_code, 0);
}

TEST(ShutdownTest, ASecondSignalEndsAtOnce) {
  const Site site("drain_s = 3600\n");
  site.AddUser("ann");
  RunningServer server(site);
  const auto ping = server.Waits("ann", "A");
  server.program().Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return server.program().err().find("SIGTERM") != std::string::npos; }));
  server.program().Signal(SIGTERM);
  const Result result = server.program().Wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("a second signal"));
}

TEST(ShutdownTest, ARestartRemembersThePingsParametersAndTheCursors) {
  const Site site("drain_s = 0\n");
  site.AddUser("ann");
  {
    RunningServer server(site);
    const auto ping = server.Ping("ann", "A", {"--folder", "inbox", "--folder", "cal:calendar", "--heartbeat", "900", "--sync"});
    ASSERT_TRUE(server.AwaitHeld(1));
    server.program().Signal(SIGTERM);
    EXPECT_EQ(server.program().Wait().exit_code, 0);
  }
  RunningServer server(site);
  const auto ping = server.Ping("ann", "A", {});
  ASSERT_TRUE(server.AwaitHeld(1)) << "nothing is named, and yet it waits";
  EXPECT_EQ(server.Get("/v1/pings").at("pings")[0].at("folders"), 2);
  EXPECT_EQ(server.Publish("ann", "cal", {"--class", "calendar"}).exit_code, 0);
  EXPECT_EQ(ping->Wait().out, "status 2: changes in the folders below\nfolder cal\n");
}

TEST(ShutdownTest, AfterAKillTheParametersAreRememberedToo) {
  const Site site;
  site.AddUser("ann");
  {
    RunningServer server(site);
    const auto ping = server.Waits("ann", "A");
    // What a PING says is written after it is held: an acknowledged change comes after that in the store's order.
    EXPECT_EQ(server.Publish("bob", "inbox").exit_code, 0);
    server.program().Signal(SIGKILL);
    EXPECT_EQ(server.program().Wait().exit_code, 128 + SIGKILL);
    EXPECT_EQ(ping->Wait().exit_code, 1) << "the connection broke";
  }
  RunningServer server(site);
  const auto ping = server.Ping("ann", "A", {});
  EXPECT_TRUE(server.AwaitHeld(1));
}

}  // namespace
}  // namespace mailwake::test
