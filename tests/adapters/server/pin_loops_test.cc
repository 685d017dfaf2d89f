// SPDX-License-Identifier: Apache-2.0
//
// Which processors the threads of a server with `pin_loops` may use, as the kernel says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "adapters/server/processors.h"
#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;

// "0", "1-3": of the thread with that id.
std::string Allowed(const std::filesystem::path& task) {
  std::ifstream status(task / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Cpus_allowed_list:")) return line.substr(line.find('\t') + 1);
  }
  return {};
}

struct Placement {
  std::string first_loop;             // which is the process's first thread
  std::multiset<std::string> others;  // in no order
};

Placement PlacementOf(pid_t pid) {
  Placement placement;
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  placement.first_loop = Allowed(process);
  for (const auto& task : std::filesystem::directory_iterator(process / "task")) {
    if (task.path().filename() != std::to_string(pid)) placement.others.insert(Allowed(task.path()));
  }
  return placement;
}

// So that the test knows: two processors, for what is started meanwhile.
class TwoProcessors {
 public:
  TwoProcessors() : before_(server::MayUse()) {
    if (there()) server::Use({before_[0], before_[1]}).IgnoreError();
  }
  ~TwoProcessors() { server::Use(before_).IgnoreError(); }
  bool there() const { return before_.size() >= 2; }
  std::string first() const { return std::to_string(before_[0]); }
  std::string second() const { return std::to_string(before_[1]); }
  std::string both() const { return first() + (before_[1] == before_[0] + 1 ? "-" : ",") + second(); }

 private:
  const server::ProcessorSet before_;
};

TEST(PinLoopsTest, AllElseIsWhereNoLoopIs) {
  const TwoProcessors processors;
  if (!processors.there()) GTEST_SKIP() << "one processor";
  const Site site("pin_loops = true\n");
  RunningServer server(site, {"--threads", "1"});
  const Placement placement = PlacementOf(server.program().pid());
  EXPECT_EQ(placement.first_loop, processors.first());
  EXPECT_GE(placement.others.size(), 3u) << "a writer, a reader, one for handshakes, one for passwords";
  EXPECT_EQ(placement.others.count(processors.second()), placement.others.size());
  EXPECT_THAT(server.program().err(),
              HasSubstr("event loops on processors " + processors.first() + ", all else on " + processors.second()));
}

TEST(PinLoopsTest, LoopsThatNeedAllLeaveAllToTheOthers) {
  const TwoProcessors processors;
  if (!processors.there()) GTEST_SKIP() << "one processor";
  const Site site("pin_loops = true\n");
  RunningServer server(site, {"--threads", "2"});
  // The second loop's thread says for itself where it runs.
  ASSERT_TRUE(Eventually([&] { return PlacementOf(server.program().pid()).others.contains(processors.second()); }));
  const Placement placement = PlacementOf(server.program().pid());
  EXPECT_EQ(placement.first_loop, processors.first());
  EXPECT_EQ(placement.others.count(processors.second()), 1u);
  EXPECT_EQ(placement.others.count(processors.both()), placement.others.size() - 1);
}

TEST(PinLoopsTest, AsItIsNothingIsPinned) {
  const TwoProcessors processors;
  if (!processors.there()) GTEST_SKIP() << "one processor";
  const Site site;
  RunningServer server(site, {"--threads", "1"});
  const Placement placement = PlacementOf(server.program().pid());
  EXPECT_EQ(placement.first_loop, processors.both());
  EXPECT_EQ(placement.others.count(processors.both()), placement.others.size());
}

TEST(PinLoopsTest, TheNextServerHasAllToDivideAgain) {
  const TwoProcessors processors;
  if (!processors.there()) GTEST_SKIP() << "one processor";
  const Site site("pin_loops = true\ndrain_s = 0\n");
  RunningServer server(site, {"--threads", "1"});
  server.program().Signal(SIGUSR2);
  EXPECT_EQ(server.program().Wait().exit_code, 0);
  ASSERT_TRUE(Eventually([&] { return server.Ask("GET", "/healthz").status == 200; }));
  const Placement placement = PlacementOf(server.started());
  EXPECT_EQ(placement.first_loop, processors.first());
  EXPECT_EQ(placement.others.count(processors.second()), placement.others.size());
  ::kill(server.started(), SIGTERM);
  EXPECT_TRUE(Eventually([&] { return ::kill(server.started(), 0) != 0; }));
}

}  // namespace
}  // namespace mailwake::test
