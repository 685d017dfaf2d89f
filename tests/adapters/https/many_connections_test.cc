// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

TEST(ManyConnectionsTest, AThousandWaitAndAllAreAnswered) {
  constexpr std::size_t kMany = 1000;
  ServerFixture server({.tls = true, .loops = 2});
  std::vector<HttpsClient> clients;
  for (std::size_t i = 0; i < kMany; ++i) {
    clients.push_back(server.Connect());
    ASSERT_TRUE(clients.back().Send(Get("/wait"))) << i;
  }
  const auto waiting = server.Waiting(kMany);
  EXPECT_EQ(server.server->stats().connections, kMany);
  EXPECT_EQ(server.server->stats().handshakes, kMany);
  for (const HttpsClient& client : clients) EXPECT_GE(client.socket(), 0);
  std::atomic<std::size_t> written{0};
  for (std::size_t i = 0; i < kMany; ++i) waiting[i]->Respond(Body(std::to_string(i)), [&](bool whole) { written += whole ? 1 : 0; });
  std::set<std::string> bodies;
  for (HttpsClient& client : clients) bodies.insert(client.Receive().body);
  EXPECT_EQ(bodies.size(), kMany) << "each got its own answer";
  EXPECT_TRUE(Eventually([&] { return written == kMany; }));
  EXPECT_EQ(server.gone, 0);
}

TEST(ManyConnectionsTest, LoopsGetEquallyManyAndKeepThem) {
  ServerFixture server({.loops = 2});
  std::vector<HttpsClient> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(server.Connect());
    ASSERT_TRUE(clients.back().Send(Get("/wait")));
  }
  std::multiset<LoopId> loops;
  const auto waiting = server.Waiting(10);
  for (const auto& exchange : waiting) loops.insert(exchange->loop());
  EXPECT_EQ(loops.count(5), 5u);
  EXPECT_EQ(loops.count(6), 5u);
  // Answers, their news and posted work run where the connection lives.
  std::atomic<int> right{0};
  for (const auto& exchange : waiting) {
    auto* io = server.loops[exchange->loop() - 5u].get();
    exchange->Post([&right, io] { right += io->get_executor().running_in_this_thread() ? 1 : 0; });
    exchange->Respond({}, [&right, io](bool) { right += io->get_executor().running_in_this_thread() ? 1 : 0; });
  }
  EXPECT_TRUE(Eventually([&] { return right == 20; })) << right;
}

}  // namespace
}  // namespace mailwake
