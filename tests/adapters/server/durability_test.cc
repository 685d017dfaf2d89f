// SPDX-License-Identifier: Apache-2.0
//
// P5: what was acknowledged survives kill -9, twenty times over.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <random>
#include <set>
#include <thread>

#include "adapters/server/device.h"
#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

constexpr int kRounds = 20;
constexpr std::size_t kMostFolders = 200;  // of one PING; all rounds together are below what a mailbox may have

std::string Line(const std::string& folder) {
  return R"({"mailbox":"ann","folder":")" + folder +
         R"(","class":"email","kind":"added"})"
         "\n";
}

// Publishes to one new folder after the other until the server is gone; answers those that were acknowledged.
std::vector<server::DeviceFolder> PublishUntilGone(const server::ServerArguments& arguments, int round) {
  auto client = server::HttpsClient::Create(arguments).value();
  std::vector<server::DeviceFolder> acknowledged;
  while (acknowledged.size() < kMostFolders) {
    const std::string folder = std::to_string(round) + "." + std::to_string(acknowledged.size());
    const auto reply = client->Send(
        {.method = "POST", .target = "/v1/changes", .headers = {{"Authorization", "Bearer " + Site::token()}}, .body = Line(folder)});
    if (!reply.ok()) break;
    EXPECT_EQ(reply->body, "{\"accepted\":1}\n");
    acknowledged.push_back({.id = folder});
  }
  return acknowledged;
}

TEST(DurabilityTest, P5NothingAcknowledgedIsLostByTwentyKills) {
  const Site site("heartbeat.min_s = 1\n");
  site.AddUser("ann");
  std::mt19937 random(20);
  std::size_t total = 0;
  auto server = std::make_unique<RunningServer>(site);
  for (int round = 0; round < kRounds; ++round) {
    std::future<std::vector<server::DeviceFolder>> published =
        std::async(std::launch::async, [arguments = server->arguments(), round] { return PublishUntilGone(arguments, round); });
    // Any moment will do, also one before the first answer.
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(10, 120)(random)));
    server->program().Signal(SIGKILL);
    EXPECT_EQ(server->program().Wait().exit_code, 128 + SIGKILL);
    const std::vector<server::DeviceFolder> acknowledged = published.get();
    server = std::make_unique<RunningServer>(site);
    if (acknowledged.empty()) continue;
    total += acknowledged.size();

    // A device that never synced is behind in each of them; in a folder whose change was lost it would not be.
    auto client = server::HttpsClient::Create(server->arguments()).value();
    server::Device device(*client, "ann", Site::password(), "ROUND" + std::to_string(round));
    const auto answer = device.Ping(acknowledged, std::chrono::seconds(1));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 2);
    const std::set<std::string> named(answer->folders.begin(), answer->folders.end());
    for (const server::DeviceFolder& folder : acknowledged)
      EXPECT_TRUE(named.count(folder.id)) << folder.id << " was acknowledged and is lost";
  }
  EXPECT_GT(total, 20U) << "the kills came too early to prove anything";
}

TEST(DurabilityTest, AFolderInWhichNothingHappenedDoesNotWake) {
  const Site site("heartbeat.min_s = 1\n");
  site.AddUser("ann");
  RunningServer server(site);
  auto client = server::HttpsClient::Create(server.arguments()).value();
  server::Device device(*client, "ann", Site::password(), "D");
  EXPECT_EQ(device.Ping({{.id = "nothing.here"}}, std::chrono::seconds(1))->status, 1) << "the test above rests on this";
}

}  // namespace
}  // namespace mailwake::test
