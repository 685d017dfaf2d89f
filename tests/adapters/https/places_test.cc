// SPDX-License-Identifier: Apache-2.0
//
// Places for connections: how many there are, for whom, and who goes when they run out.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <optional>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

using std::chrono::seconds;

class PlacesTest : public testing::TestWithParam<bool> {
 protected:
  FixtureOptions Options(HttpsOptions server = {}) const { return {.tls = GetParam(), .server = std::move(server)}; }
};

INSTANTIATE_TEST_SUITE_P(Stream, PlacesTest, testing::Bool(), [](const auto& suite) { return suite.param ? "Tls" : "Plain"; });

TEST_P(PlacesTest, ConnectionsOverTheLimitAreClosedAndCounted) {
  ServerFixture server(Options({.max_connections = 2}));
  HttpsClient first = server.Connect();
  HttpsClient second = server.Connect();
  ASSERT_TRUE(first.connected() && second.connected());
  HttpsClient third(server.server->address(), {});
  EXPECT_EQ(third.ReadSome(), "");
  EXPECT_TRUE(Eventually([&] { return server.server->stats().refused == 1; }));
  first.Close();
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 1; }));
  HttpsClient fourth = server.Connect();
  ASSERT_TRUE(fourth.Send(Get("/echo")));
  EXPECT_EQ(fourth.Receive().status, 200);
  EXPECT_EQ(server.server->stats().refused, 1u);
}

// Nobody gives place in his first two seconds.
HttpsClient ConnectInTheEnd(const ServerFixture& server) {
  std::optional<HttpsClient> client;
  EXPECT_TRUE(Eventually([&] {
    client.emplace(server.server->address(), HttpsClientOptions{.tls = server.options.tls});
    return client->connected() && client->Send(Get("/echo")) && client->Receive().status == 200;
  }));
  return *std::move(client);
}

TEST_P(PlacesTest, WhoeverIsNotKnownGivesPlaceWhenPlacesRunOut) {
  ServerFixture server(Options({.max_connections = 2, .max_unknown_requests_per_second = 100}));
  HttpsClient known = server.Connect(), stranger = server.Connect();
  ASSERT_TRUE(known.Send(Get("/user/ann")) && stranger.Send(Get("/echo")));
  EXPECT_EQ(known.Receive().status, 200);
  EXPECT_EQ(stranger.Receive().status, 200);
  HttpsClient ben = ConnectInTheEnd(server);
  ASSERT_TRUE(ben.Send(Get("/user/ben")));
  EXPECT_EQ(ben.Receive().status, 200);
  EXPECT_TRUE(stranger.AtEnd());
  EXPECT_EQ(server.server->stats().shed, 1u);
  HttpsClient late(server.server->address(), {});
  EXPECT_EQ(late.ReadSome(), "") << "both are known now";
  ASSERT_TRUE(known.Send(Get("/echo")) && ben.Send(Get("/echo")));
  EXPECT_EQ(known.Receive().status, 200);
  EXPECT_EQ(ben.Receive().status, 200);
  EXPECT_EQ(server.server->stats().connections, 2u);
}

TEST_P(PlacesTest, AByteDoesNotKeepAPlace) {
  ServerFixture server(Options({.max_connections = 2, .max_unknown_requests_per_second = 100}));
  HttpsClient known = server.Connect(), reading = server.Connect();
  ASSERT_TRUE(known.Send(Get("/user/ann") + "G") && reading.Send("G"));
  EXPECT_EQ(known.Receive().status, 200);
  HttpsClient newcomer = ConnectInTheEnd(server);
  EXPECT_EQ(reading.ReadSome(), "");
  ASSERT_TRUE(known.Send("ET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(known.Receive().status, 200) << "she is known";
  EXPECT_EQ(server.server->stats().shed, 1u);
}

TEST_P(PlacesTest, WhoHasBeenThereLongestGoesFirst) {
  ServerFixture server(Options({.max_connections = 2, .max_unknown_requests_per_second = 100}));
  HttpsClient silent(server.server->address(), {});
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 1; }));
  HttpsClient later = server.Connect();
  ASSERT_TRUE(later.connected());
  HttpsClient newcomer = ConnectInTheEnd(server);
  EXPECT_EQ(silent.ReadSome(), "");
  ASSERT_TRUE(later.Send(Get("/echo")) && newcomer.Send(Get("/echo")));
  EXPECT_EQ(later.Receive().status, 200);
  EXPECT_EQ(newcomer.Receive().status, 200);
  EXPECT_EQ(server.server->stats().shed, 1u);
}

TEST_P(PlacesTest, WhoeverIsNotKnownIsNotKeptForLong) {
  ServerFixture server(Options({.max_unknown_requests_per_second = 100, .stranger_timeout = seconds(1)}));
  HttpsClient known = server.Connect();
  ASSERT_TRUE(known.Send(Get("/user/ann")));
  ASSERT_EQ(known.Receive().status, 200);
  HttpsClient silent = server.Connect(), stranger = server.Connect();
  stranger.Send(Get("/echo"));
  stranger.Receive();
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_TRUE(stranger.AtEnd());
  ASSERT_TRUE(known.Send(Get("/echo")));
  EXPECT_EQ(known.Receive().status, 200);
}

TEST_P(PlacesTest, OneAddressCannotTakeAll) {
  ServerFixture server(Options({.max_connections_per_address = 1}));
  HttpsClient first = server.Connect();
  ASSERT_TRUE(first.connected());
  HttpsClient second(server.server->address(), {});
  EXPECT_EQ(second.ReadSome(), "");
  first.Close();
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_TRUE(server.Connect().connected());
}

TEST_P(PlacesTest, OneUserCannotTakeAll) {
  std::atomic<int> told{0};
  ServerFixture server(
      Options({.max_connections_per_user = 2, .user_refused = [&told](const std::string& user) { told += user == "/user/ann"; }}));
  const auto ask = [](HttpsClient& client, const std::string& user) {
    EXPECT_TRUE(client.Send(Get("/user/" + user)));
    return client.Receive().status;
  };
  HttpsClient first = server.Connect(), second = server.Connect(), third = server.Connect(), other = server.Connect();
  EXPECT_EQ(ask(first, "ann"), 200);
  EXPECT_EQ(ask(first, "ann"), 200) << "a connection counts once";
  EXPECT_EQ(ask(second, "ann"), 200);
  EXPECT_EQ(ask(third, "ann"), 503);
  EXPECT_TRUE(third.AtEnd());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(server.server->stats().refused, 1u);
  EXPECT_EQ(ask(other, "bob"), 200);
  EXPECT_EQ(ask(second, "bob"), 200) << "it is bob's now";
  HttpsClient fourth = server.Connect();
  EXPECT_EQ(ask(fourth, "ann"), 200);
  EXPECT_EQ(ask(other, "ann"), 503);
  first.Close();
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 2; }));
  HttpsClient fifth = server.Connect();
  EXPECT_EQ(ask(fifth, "ann"), 200) << "one of hers has gone";
}

TEST_P(PlacesTest, WithoutDescriptorsConnectionsWaitInsteadOfFailing) {
  ServerFixture server(Options());
  HttpsClient before = server.Connect();
  ASSERT_TRUE(before.connected());
  HttpsClient waits(server.server->address(), {});
  ASSERT_TRUE(Eventually([&] { return server.server->stats().accepted == 2; }));
  // The loop looks for one more connection after each, which takes a descriptor for a moment: once it answers again, it has.
  ASSERT_TRUE(before.Send(Get("/echo")));
  ASSERT_EQ(before.Receive().status, 200);
  // Leave the process one descriptor, for the next client's own socket.
  rlimit original{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &original), 0);
  const int next_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next_free);
  const rlimit tight{.rlim_cur = static_cast<rlim_t>(next_free) + 1, .rlim_max = original.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  HttpsClient late(server.server->address(), {});
  EXPECT_TRUE(late.connected()) << "the kernel took it";
  ASSERT_TRUE(before.Send(Get("/echo")));
  EXPECT_EQ(before.Receive().status, 200) << "the others are served meanwhile";
  EXPECT_EQ(server.server->stats().accepted, 2u);
  ::setrlimit(RLIMIT_NOFILE, &original);
  EXPECT_TRUE(Eventually([&] { return server.server->stats().accepted == 3; }));
}

TEST(HandshakeLimitTest, APeerThatDoesNotShakeHandsIsClosed) {
  ServerFixture server({.tls = true, .server = {.handshake_timeout = seconds(1)}});
  HttpsClient silent(server.server->address(), {});
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_TRUE(Eventually([&] { return server.server->stats().handshake_failures == 1; }));
  EXPECT_EQ(server.server->stats().handshakes, 0u);
}

TEST(HandshakeLimitTest, APeerThatDoesNotShakeHandsGivesPlaceWhenPlacesRunOut) {
  ServerFixture server({.tls = true, .server = {.max_connections = 1, .handshake_timeout = seconds(1000)}});
  HttpsClient silent(server.server->address(), {});
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 1; }));
  EXPECT_TRUE(Eventually([&] { return server.Connect().connected(); })) << "after a while";
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_EQ(server.server->stats().shed, 1u);
}

TEST(HandshakeLimitTest, ManyThatAreLateAtOnceAreAllClosed) {
  ServerFixture server({.tls = true, .server = {.handshake_timeout = seconds(1)}});
  std::vector<std::unique_ptr<HttpsClient>> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(std::make_unique<HttpsClient>(server.server->address(), HttpsClientOptions{}));
  for (const auto& client : silent) EXPECT_TRUE(client->AtEnd());
  EXPECT_TRUE(Eventually([&] { return server.server->stats().handshake_failures == 200; }));
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
}

TEST(HandshakeLimitTest, APeerThatSaysNothingAndGoesIsForgottenAtOnce) {
  ServerFixture server({.tls = true, .server = {.handshake_timeout = seconds(1000)}});
  HttpsClient silent(server.server->address(), {});
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 1; }));
  silent.Close();
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_EQ(server.server->stats().handshake_failures, 1u) << "it is counted before it is closed";
}

}  // namespace
}  // namespace mailwake
