// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <set>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

using std::chrono::seconds;

class LimitsTest : public testing::TestWithParam<bool> {
 protected:
  FixtureOptions Options(HttpsOptions server = {}) const { return {.tls = GetParam(), .server = std::move(server)}; }
};

INSTANTIATE_TEST_SUITE_P(Stream, LimitsTest, testing::Bool(), [](const auto& suite) { return suite.param ? "Tls" : "Plain"; });

TEST_P(LimitsTest, ALargeHeaderIsRefused) {
  ServerFixture server(Options({.max_header_bytes = 1000}));
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost: x\r\nX: " + std::string(1000, 'x') + "\r\n\r\n"));
  const auto response = client.Receive();
  EXPECT_EQ(response.status, 431);
  EXPECT_THAT(response.body, testing::EndsWith("\n"));
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(server.server->stats().bad_requests, 1u);
  EXPECT_EQ(server.served, 0);
}

TEST_P(LimitsTest, ALargeBodyIsRefusedAndThePeerGetsToReadWhy) {
  ServerFixture server(Options({.max_body_bytes = 1000}));
  HttpsClient client = server.Connect();
  client.Send(Post("/echo", std::string(2'000'000, 'x')));  // may break off
  EXPECT_EQ(client.Receive().status, 413);
  HttpsClient polite = server.Connect();
  ASSERT_TRUE(polite.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(polite.Receive().status, 413) << "before a byte of the body was sent";
  EXPECT_EQ(server.served, 0);
}

TEST_P(LimitsTest, AllRequestsThatAreBeingReadShareALimit) {
  ServerFixture server(Options({.max_reading_bytes = 10'000}));
  HttpsClient holds = server.Connect();
  const std::string first = Post("/echo", std::string(9000, 'x'));
  ASSERT_TRUE(holds.Send(first.substr(0, 8900)));
  HttpsClient newcomer = server.Connect();
  const std::string second = Post("/echo", std::string(5000, 'y'));
  // Until the first one's bytes have arrived the second is welcome.
  const auto refused = [&] {
    HttpsClient probe = server.Connect();
    const bool answered = probe.Send(second.substr(0, 4900)) && Eventually([&] { return probe.HasInput() || server.served > 0; });
    return answered ? probe.Receive() : HttpsClient::Response{};
  };
  ASSERT_TRUE(Eventually([&] { return refused().status == 503; }));
  std::set<std::string> retry_after;
  for (int i = 0; i < 20; ++i) {
    const std::string header = refused().header;
    const std::size_t at = header.find("Retry-After: ");
    ASSERT_NE(at, std::string::npos) << header;
    retry_after.insert(header.substr(at, header.find('\r', at) - at));
  }
  EXPECT_GT(retry_after.size(), 1u) << "spread, so that they do not return in step";
  ASSERT_TRUE(holds.Send(first.substr(8900)));
  EXPECT_EQ(holds.Receive().status, 200);
  ASSERT_TRUE(newcomer.Send(second));
  EXPECT_EQ(newcomer.Receive().status, 200) << "there is room again";
}

TEST_P(LimitsTest, AHeaderOfManyFieldsIsRefused) {
  ServerFixture server(Options());
  const auto with = [&](int fields) {
    std::string request = "GET /echo HTTP/1.1\r\nHost: x\r\n";
    for (int i = 1; i < fields; ++i) request += "a:\r\n";
    HttpsClient client = server.Connect();
    EXPECT_TRUE(client.Send(request + "\r\n"));
    return client.Receive().status;
  };
  EXPECT_EQ(with(100), 200);
  EXPECT_EQ(with(101), 431);
}

// Answers to a request with a body of 5,000 bytes while `holds` has sent some of its own.
void ExpectNoRoomBesides(ServerFixture& server, const std::string& path) {
  const int before = server.served;
  EXPECT_TRUE(Eventually([&] {
    HttpsClient probe = server.Connect();
    if (!probe.Send(Post(path, std::string(5000, 'y')).substr(0, 4900))) return false;
    for (int look = 0; look < 50 && !probe.HasInput(); ++look) server.Connect();  // it may have come before the others' bytes
    return probe.HasInput() && probe.Receive().status == 503;
  }));
  EXPECT_EQ(server.served, before);
}

TEST_P(LimitsTest, TheFieldsOfARequestThatIsBeingReadCount) {
  ServerFixture server(Options({.max_reading_bytes = 10'000}));
  std::string fields = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n";
  for (int i = 0; i < 90; ++i) fields += "a:\r\n";
  HttpsClient holds = server.Connect();
  ASSERT_TRUE(holds.Send(fields + "\r\n"));  // some 500 bytes, but 90 objects
  ExpectNoRoomBesides(server, "/echo");
}

TEST_P(LimitsTest, ABodyCountsUntilItIsKnownWhoseItIs) {
  ServerFixture server(Options({.max_reading_bytes = 10'000}));
  HttpsClient holds = server.Connect();
  ASSERT_TRUE(holds.Send(Post("/wait", std::string(9000, 'x'))));
  const auto exchange = server.Waiting(1)[0];
  ExpectNoRoomBesides(server, "/wait");
  HttpsClient ping = server.Connect();
  ASSERT_TRUE(ping.Send(Post("/echo", std::string(600, 'x'))));
  EXPECT_EQ(ping.Receive().status, 200) << "small ones are served all the same";
  exchange->Post([exchange] { exchange->BelongsTo({}); });
  EXPECT_TRUE(Eventually([&] {
    HttpsClient other = server.Connect();
    return other.Send(Post("/echo", std::string(5000, 'y'))) && other.Receive().status == 200;
  }));
  exchange->Respond(Body("waited"));
  EXPECT_EQ(holds.Receive().body, "waited");
}

TEST_P(LimitsTest, ARequestThatDoesNotArriveIsTimedOut) {
  ServerFixture server(Options({.request_timeout = seconds(1)}));
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost:"));
  EXPECT_EQ(client.Receive().status, 408);
  EXPECT_TRUE(client.AtEnd());
  HttpsClient body = server.Connect();
  ASSERT_TRUE(body.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo"));
  EXPECT_EQ(body.Receive().status, 408);
}

TEST_P(LimitsTest, AnIdleConnectionIsClosedAndOneThatWaitsIsNot) {
  ServerFixture server(Options({.request_timeout = seconds(1), .idle_timeout = seconds(1), .write_timeout = seconds(1)}));
  HttpsClient waits = server.Connect();
  ASSERT_TRUE(waits.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  HttpsClient silent = server.Connect();
  HttpsClient idle = server.Connect();
  ASSERT_TRUE(idle.Send(Get("/echo")));
  EXPECT_EQ(idle.Receive().status, 200);
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_TRUE(idle.AtEnd());
  waiting[0]->Respond(Body("in time"));
  EXPECT_EQ(waits.Receive().body, "in time");
}

TEST_P(LimitsTest, AnAnswerThatIsNotTakenIsGivenUp) {
  ServerFixture server(Options({.write_timeout = seconds(1)}));
  std::atomic<int> written{0}, failed{0};
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  server.Waiting(1)[0]->Respond(Body(std::string(64 * 1024 * 1024, 'x')), [&](bool whole) { ++(whole ? written : failed); });
  EXPECT_TRUE(Eventually([&] { return failed == 1; }));
  EXPECT_EQ(written, 0);
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
}

TEST_P(LimitsTest, AnAnswerThatIsTakenTooSlowlyIsGivenUp) {
  ServerFixture server(Options({.write_timeout = seconds(3), .write_bytes_per_second = 1 << 30}));
  std::atomic<int> failed{0};
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  server.Waiting(1)[0]->Respond(Body(std::string(64 * 1024 * 1024, 'x')), [&](bool whole) { failed += whole ? 0 : 1; });
  // A little at a time, but often enough that something is taken in every three seconds.
  // As it is on the wire, as nobody decrypts it; the looks are so far apart that all of it would take half a minute.
  const auto a_little = [&] {
    char bytes[4096];
    return ::recv(client.socket(), bytes, sizeof(bytes), 0) > 0;
  };
  EXPECT_TRUE(Eventually([&] { return !a_little() || failed == 1; }));
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_EQ(failed, 1);
}

std::string Many(const std::string& request, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += request;
  return all;
}

TEST_P(LimitsTest, WhoeverIsNotKnownIsServedAtARateAndInTheEnd) {
  ServerFixture server(Options({.max_unknown_requests_per_second = 2}));
  HttpsClient flood = server.Connect();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(flood.Send(Many(Get("/echo"), 20)));
  for (int answers = 1; answers <= 20; ++answers) {
    EXPECT_EQ(flood.Receive().status, 200);
    // Eight at once and then two a second, and never more than that: a machine that is slow brings fewer.
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    EXPECT_LE(answers, 8 + 2 * passed.count());
  }
  EXPECT_EQ(server.served, 20);
  // Each pause lets one more be served at the least, and ends within two seconds or so: then it is about four.
  EXPECT_GE(server.server->stats().paused, 2u);
  EXPECT_LE(server.server->stats().paused, 12u);
}

TEST_P(LimitsTest, WhoeverIsKnownIsServedAtOnce) {
  ServerFixture server(Options({.max_unknown_requests_per_second = 1}));
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Many(Get("/echo"), 3) + Many(Get("/user/ann") + Get("/echo"), 50)));
  for (int i = 0; i < 103; ++i) EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(server.server->stats().paused, 0u);
}

TEST_P(LimitsTest, AProxysConnectionsAreServedAtOnce) {
  ServerFixture server(Options({.proxies = {"127.0.0.1"}, .max_unknown_requests_per_second = 1}));
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Many(Get("/echo"), 50)));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(server.server->stats().paused, 0u);
}

TEST_P(LimitsTest, WhoeverIsServedAtARateMayGoAndIsClosedByADrain) {
  ServerFixture server(Options({.max_unknown_requests_per_second = 1}));
  const auto flood = [&](HttpsClient& client) {
    const std::uint64_t before = server.server->stats().paused;
    ASSERT_TRUE(client.Send(Many(Get("/echo"), 200)));
    ASSERT_TRUE(Eventually([&] { return server.server->stats().paused > before; }));
  };
  HttpsClient goes = server.Connect(), stays = server.Connect();
  flood(goes);
  goes.Close();
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 1; })) << "with most of its requests unread";
  flood(stays);
  server.server->StopAccepting();
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
}

}  // namespace
}  // namespace mailwake
