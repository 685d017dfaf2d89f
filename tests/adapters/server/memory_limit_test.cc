// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "mailwake/adapters/https_server.h"
#include "tests/adapters/server/program.h"

namespace mailwake::test {
namespace {

constexpr std::size_t kGiB = std::size_t{1} << 30;

// A file system with the control groups of this process.
class Groups {
 public:
  explicit Groups(const std::string& self) { Put("/proc/self/cgroup", self); }
  void Put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root() + path).parent_path());
    std::ofstream(root() + path) << text << '\n';
  }
  std::string root() const { return dir_ / "root"; }

 private:
  TempDir dir_;
};

TEST(MemoryLimitTest, TheLeastOfTheMachinesAndOfEachGroupsAbove) {
  Groups groups("1:name=systemd:/elsewhere\n0::/slice/mailwake");
  EXPECT_EQ(server::MemoryLimit(8 * kGiB, groups.root()), 8 * kGiB) << "no group says anything";
  groups.Put("/sys/fs/cgroup/slice/mailwake/memory.max", "max");
  EXPECT_EQ(server::MemoryLimit(8 * kGiB, groups.root()), 8 * kGiB);
  groups.Put("/sys/fs/cgroup/slice/mailwake/memory.max", std::to_string(2 * kGiB));
  EXPECT_EQ(server::MemoryLimit(8 * kGiB, groups.root()), 2 * kGiB);
  groups.Put("/sys/fs/cgroup/slice/memory.max", std::to_string(kGiB));
  EXPECT_EQ(server::MemoryLimit(8 * kGiB, groups.root()), kGiB);
  EXPECT_EQ(server::MemoryLimit(kGiB / 2, groups.root()), kGiB / 2);
}

TEST(MemoryLimitTest, AContainersOwnGroupIsItsRoot) {
  Groups groups("0::/");
  groups.Put("/sys/fs/cgroup/memory.max", std::to_string(kGiB / 2));
  EXPECT_EQ(server::MemoryLimit(8 * kGiB, groups.root()), kGiB / 2);
}

TEST(MemoryLimitTest, WithoutControlGroupsItIsTheMachines) {
  EXPECT_EQ(server::MemoryLimit(kGiB, Groups("7:memory:/old").root()), kGiB);
  EXPECT_EQ(server::MemoryLimit(kGiB, "/no/such/root"), kGiB);
  EXPECT_GT(server::MachineMemory(), std::size_t{64} << 20);
}

// What a limit allows fits into it: each connection with its TLS state, and what the engine may take.
TEST(MemoryLimitTest, ConnectionsAndPingsLeaveAQuarter) {
  for (const std::size_t memory : {kGiB / 4, kGiB, 64 * kGiB}) {
    EXPECT_LE(server::ConnectionsIn(memory) * 16'400 + server::EngineMemoryIn(memory), memory / 4 * 3);
  }
  EXPECT_EQ(server::ConnectionsIn(0), 1U);
}

TEST(MemoryLimitTest, WhatIsBeingReadLeavesAnEighth) {
  for (const std::size_t memory : {kGiB / 4, kGiB, 64 * kGiB}) EXPECT_LE(server::ReadingMemoryIn(memory, 2), memory / 8);
  EXPECT_EQ(server::ReadingMemoryIn(64 * kGiB, 2), 256U << 20);
  EXPECT_GT(server::ReadingMemoryIn(kGiB / 4, 32), 32 * HttpsOptions().max_body_bytes) << "a body of full size on each loop";
}

}  // namespace
}  // namespace mailwake::test
