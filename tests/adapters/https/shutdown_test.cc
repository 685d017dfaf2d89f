// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

class ShutdownTest : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Stream, ShutdownTest, testing::Bool(), [](const auto& suite) { return suite.param ? "Tls" : "Plain"; });

TEST_P(ShutdownTest, StopAcceptingEndsIdleConnectionsAndAnswersTheOthers) {
  ServerFixture server({.tls = GetParam(), .loops = 2});
  HttpsClient waits = server.Connect();
  ASSERT_TRUE(waits.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  HttpsClient idle = server.Connect();
  ASSERT_TRUE(idle.Send(Get("/echo")));
  EXPECT_EQ(idle.Receive().status, 200);
  HttpsClient reads = server.Connect();
  ASSERT_TRUE(reads.Send(Post("/echo", "whole").substr(0, 60)));
  HttpsClient marker = server.Connect();  // once it is answered, the bytes before it have been read
  ASSERT_TRUE(marker.Send(Get("/echo")) && marker.Receive().status == 200);
  server.server->StopAccepting();
  EXPECT_TRUE(idle.AtEnd());
  ASSERT_TRUE(Eventually([&] { return !HttpsClient(server.server->address(), {}).connected(); })) << "nobody listens";
  waiting[0]->Respond(Body("drained"));
  const auto response = waits.Receive();
  EXPECT_EQ(response.body, "drained");
  EXPECT_THAT(response.header, testing::HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(waits.AtEnd());
  EXPECT_EQ(server.gone, 0);
}

// Who connects between two servers waits in the kernel, and the second one serves it.
TEST(HandoverTest, ASocketThatWasTakenListensOnForAnotherServer) {
  ServerFixture first({.loops = 2});
  HttpsClient waits = first.Connect();
  ASSERT_TRUE(waits.Send(Get("/wait")));
  const auto waiting = first.Waiting(1);
  std::promise<int> taken;
  boost::asio::post(*first.loops[0], [&] { taken.set_value(first.server->TakeSocket()); });
  const int socket = taken.get_future().get();
  ASSERT_GE(socket, 0);
  HttpsClient between = first.Connect();
  ASSERT_TRUE(between.Send(Get("/echo")));
  ServerFixture second({.server = {.socket = socket}});
  EXPECT_EQ(second.server->address(), first.server->address());
  EXPECT_EQ(between.Receive().status, 200);
  EXPECT_EQ(second.served, 1);
  waiting[0]->Respond(Body("the last"));
  EXPECT_EQ(waits.Receive().body, "the last");
  EXPECT_TRUE(waits.AtEnd());
}

TEST(HandoverTest, ASocketThatIsGivenBackIsServedAsBefore) {
  ServerFixture server({.loops = 2});
  std::promise<int> taken;
  boost::asio::post(*server.loops[0], [&] { taken.set_value(server.server->TakeSocket()); });
  const int socket = taken.get_future().get();
  HttpsClient between = server.Connect();
  ASSERT_TRUE(between.Send(Get("/echo")));
  boost::asio::post(*server.loops[0], [&] { server.server->GiveBack(socket); });
  EXPECT_EQ(between.Receive().status, 200);
  HttpsClient after = server.Connect();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(after.Send(Get("/echo")));
    EXPECT_EQ(after.Receive().status, 200) << "and it is kept open after an answer";
  }
}

TEST_P(ShutdownTest, CloseEndsAllAndTellsTheHandlers) {
  ServerFixture server({.tls = GetParam(), .loops = 2});
  HttpsClient first = server.Connect();
  HttpsClient second = server.Connect();
  HttpsClient idle = server.Connect();
  ASSERT_TRUE(first.Send(Get("/wait")) && second.Send(Get("/wait")));
  server.Waiting(2);
  server.server->Close();
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_EQ(server.gone, 2);
  EXPECT_EQ(first.Receive().status, 0);
  EXPECT_TRUE(idle.AtEnd());
}

TEST_P(ShutdownTest, ADestroyedServerCallsNobodyAndItsExchangesAreHarmless) {
  int told = 0;
  std::vector<std::shared_ptr<HttpExchange>> waiting;
  {
    ServerFixture server({.tls = GetParam(), .loops = 2});
    std::vector<HttpsClient> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(server.Connect());
      ASSERT_TRUE(clients.back().Send(Get("/wait")));
    }
    waiting = server.Waiting(4);
    waiting[3]->Respond(Body(std::string(64 * 1024 * 1024, 'x')), [](bool) {});  // is being written
    server.StopLoops();
    server.server.reset();
    waiting[0]->Respond({}, [&](bool whole) { told += whole ? 100 : 1; });
    EXPECT_EQ(told, 1) << "at once: no loop of the server runs any more";
    EXPECT_EQ(server.gone, 0);
  }
  // The loops are gone too.
  waiting[1]->Respond({}, [&](bool whole) { told += whole ? 100 : 1; });
  EXPECT_EQ(told, 2);
  waiting[1]->Post([&] { told += 1000; });
  waiting[2]->OnGone([&] { told += 1000; });
  waiting.clear();
  EXPECT_EQ(told, 2);
}

TEST_P(ShutdownTest, WorkThatWasPostedMayOutliveTheServer) {
  ServerFixture server({.tls = GetParam()});
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  server.StopLoops();
  int told = 0;
  waiting[0]->Respond({}, [&](bool whole) { told += whole ? 100 : 1; });
  server.server.reset();
  server.loops[0]->restart();
  server.loops[0]->poll();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace mailwake
