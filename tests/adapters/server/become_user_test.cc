// SPDX-License-Identifier: Apache-2.0
//
// A server that is started as root and does not stay it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;

constexpr const char* kUser = "nobody";

class BecomeUserTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  }
  static void GiveTo(const Site& site, const char* user) {
    const std::string command = "chown -R " + std::string(user) + ": '" + site.dir() / "." + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  static std::string Line(pid_t pid, const std::string& name) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name + ":")) return line;
    }
    return {};
  }
};

TEST_F(BecomeUserTest, OfRootNothingIsLeft) {
  const Site site("drain_s = 0\nuser = \"nobody\"\n");
  site.AddUser("ann");
  GiveTo(site, kUser);
  RunningServer server(site);
  const pid_t pid = server.program().pid();
  std::istringstream users(Line(pid, "Uid").substr(4));
  for (int id = -1; users >> id;) EXPECT_NE(id, 0) << Line(pid, "Uid");  // real, effective, saved, of the file system
  std::istringstream groups(Line(pid, "Gid").substr(4));
  for (int id = -1; groups >> id;) EXPECT_NE(id, 0) << Line(pid, "Gid");
  EXPECT_THAT(Line(pid, "Groups") + " ", testing::Not(HasSubstr("\t0 ")));
  EXPECT_THAT(Line(pid, "CapEff"), HasSubstr("0000000000000000"));
  EXPECT_THAT(Line(pid, "NoNewPrivs"), HasSubstr("1"));
  EXPECT_EQ(server.Publish("ann", "inbox").exit_code, 0) << "and it works";
}

// A port below 1024 is root's to give.
TEST_F(BecomeUserTest, TheAddressIsBoundBefore) {
  const Site site("drain_s = 0\nuser = \"nobody\"\n");
  GiveTo(site, kUser);
  RunningServer server(site, {"--listen", "127.0.0.77:601"});
  EXPECT_EQ(server.Ask("GET", "/healthz").status, 200);
}

TEST_F(BecomeUserTest, AndTheNextServerGetsIt) {
  const Site site("drain_s = 0\nuser = \"nobody\"\n");
  GiveTo(site, kUser);
  RunningServer old(site, {"--listen", "127.0.0.77:602"});
  RunningServer next(site, {"--listen", "127.0.0.77:602", "--take-over"});
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  EXPECT_EQ(next.Ask("GET", "/healthz").status, 200);
}

// Nobody to take over: then the address is root's to bind as ever.
TEST_F(BecomeUserTest, AndANextServerThatIsTheFirstBindsIt) {
  const Site site("drain_s = 0\nuser = \"nobody\"\n");
  GiveTo(site, kUser);
  RunningServer server(site, {"--listen", "127.0.0.77:603", "--take-over"});
  EXPECT_EQ(server.Ask("GET", "/healthz").status, 200);
}

TEST_F(BecomeUserTest, TheUserStartsTheNextServerToo) {
  const Site site("drain_s = 0\nuser = \"nobody\"\n");
  GiveTo(site, kUser);
  RunningServer old(site, {"--listen", "127.0.0.77:604"});
  old.program().Signal(SIGUSR2);
  EXPECT_EQ(old.program().Wait().exit_code, 0);
  EXPECT_EQ(old.Ask("GET", "/healthz").status, 200);
  End(old.started());
}

// Else the first start would succeed, and every SIGUSR2 fail.
TEST_F(BecomeUserTest, WhatOnlyRootCanReadIsFoundAtTheFirstStart) {
  const Site site("drain_s = 0\nuser = \"nobody\"\n");
  GiveTo(site, kUser);
  ASSERT_EQ(::chown(site.config().c_str(), 0, 0), 0);
  {
    RunningServer server(site);
    EXPECT_THAT(server.program().err(), HasSubstr("nobody cannot read " + site.config()));
  }
  ASSERT_EQ(::chown(site.token_file().c_str(), 0, 0), 0);
  const Result result = Program({"serve", "--config", site.config()}).Wait();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot read the token file " + site.token_file() + ": Permission denied"));
  EXPECT_THAT(result.err, HasSubstr("nobody must be able to read it"));
}

TEST_F(BecomeUserTest, AUserWhoDoesNotExistIsAConfigurationError) {
  const Site site("user = \"no-such-user\"\n");
  const Result result = Program({"serve", "--config", site.config()}).Wait();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("there is no such user; make one with: useradd"));
}

TEST_F(BecomeUserTest, AStoreOfRootIsNotForThatUser) {
  const Site site("user = \"nobody\"\n");
  const Result result = Program({"serve", "--config", site.config()}).Wait();
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("m.db"));
}

}  // namespace
}  // namespace mailwake::test
