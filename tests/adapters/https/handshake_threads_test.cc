// SPDX-License-Identifier: Apache-2.0
//
// Handshakes with none, one and several threads to compute them, in whatever pieces and to whatever end they come.

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/adapters/https/client_tls.h"
#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

class HandshakeThreadsTest : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Threads, HandshakeThreadsTest, testing::Values(0, 1, 3));

// A byte at a time: the socket is ready again and again while the handshake is computed.
TEST_P(HandshakeThreadsTest, AHandshakeMayComeByteByByte) {
  ServerFixture server({.tls = true, .server = {.handshake_threads = GetParam()}});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    HttpsClient wire(server.server->address(), {});
    ClientTls client(version);
    for (std::string out = client.Step("");; out = client.Step(wire.ReadSome())) {
      for (const char byte : out) ASSERT_TRUE(wire.Send({&byte, 1}));
      if (client.done()) break;
    }
    EXPECT_TRUE(Eventually([&] { return server.server->stats().handshakes == (version == TLS1_2_VERSION ? 1 : 2); }));
  }
}

// The rest of a message comes sooner or later than the thread has seen that it is not there.
TEST_P(HandshakeThreadsTest, TheRestOfAMessageMayComeAtAnyMoment) {
  ServerFixture server({.tls = true, .server = {.handshake_threads = GetParam()}});
  const std::string hello = Hello();
  for (int round = 0; round < 3000; ++round) {
    HttpsClient wire(server.server->address(), {});
    ASSERT_TRUE(wire.Send(hello.substr(0, hello.size() - 1)));
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(round % 150);
    while (std::chrono::steady_clock::now() < end) continue;
    ASSERT_TRUE(wire.Send(hello.substr(hello.size() - 1)));
    ASSERT_NE(wire.ReadSome(), "") << "in round " << round;
  }
}

TEST_P(HandshakeThreadsTest, ManyComeAtOnceAndGoAtAnyTime) {
  ServerFixture server({.tls = true, .loops = 2, .server = {.handshake_threads = GetParam()}});
  const std::string hello = Hello();
  for (int round = 0; round < 30; ++round) {
    std::vector<HttpsClient> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(HttpsClient(server.server->address(), {}));
    for (std::size_t i = 0; i < clients.size(); ++i) {
      clients[i].Send(hello);
      if (i % 4 == 1) clients[i].Reset();
      if (i % 4 == 2) clients[i].HalfClose();
      if (i % 4 == 3) clients[i].Close();
    }
    HttpsClient whole = server.Connect();
    ASSERT_TRUE(whole.Send(Get("/echo")));
    EXPECT_EQ(whole.Receive().status, 200);
  }
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_EQ(server.server->stats().handshakes, 30u);
}

TEST_P(HandshakeThreadsTest, AServerMayGoInTheMiddle) {
  const std::string hello = Hello();
  for (int round = 0; round < 20; ++round) {
    std::vector<HttpsClient> clients;
    ServerFixture server({.tls = true, .loops = 2, .server = {.handshake_threads = GetParam()}});
    for (int i = 0; i < 10; ++i) clients.push_back(HttpsClient(server.server->address(), {}));
    for (HttpsClient& client : clients) client.Send(hello);
    if (round % 2 == 0) server.server->StopAccepting();
  }
}
}  // namespace
}  // namespace mailwake
