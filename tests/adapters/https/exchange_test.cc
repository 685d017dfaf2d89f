// SPDX-License-Identifier: Apache-2.0
//
// What a handler may count on, over plain sockets and over TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExchangeTest : public testing::TestWithParam<bool> {
 protected:
  FixtureOptions Options() const { return {.tls = GetParam()}; }
};

INSTANTIATE_TEST_SUITE_P(Stream, ExchangeTest, testing::Bool(), [](const auto& suite) { return suite.param ? "Tls" : "Plain"; });

TEST_P(ExchangeTest, AnswersRequestAfterRequestOnOneConnection) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  for (const std::string body : {"one", "two", "three"}) {
    ASSERT_TRUE(client.Send(Post("/echo", body)));
    const auto response = client.Receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST 127.0.0.1 " + body);
    EXPECT_THAT(response.header, HasSubstr("\r\nDate: "));
    EXPECT_THAT(response.header, Not(HasSubstr("Connection:")));
    EXPECT_THAT(response.header, Not(HasSubstr("Server:")));
  }
  EXPECT_EQ(server.server->stats().accepted, 1u);
  EXPECT_EQ(server.server->stats().requests, 3u);
}

TEST_P(ExchangeTest, AHandlerSeesAnAbsoluteTargetInOriginForm) {
  ServerFixture server(Options());
  std::string target;
  server.server->Handle("/target", [&target](HttpRequest request, const std::shared_ptr<HttpExchange>& exchange) {
    exchange->Respond(Body(target = request.target));
  });
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("https://host.example/target?a=b")));
  EXPECT_EQ(client.Receive().body, "/target?a=b");
}

TEST_P(ExchangeTest, ReadsARequestThatComesByteByByte) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  for (const char c : Post("/echo", "slow")) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Receive().body, "POST 127.0.0.1 slow");
}

TEST_P(ExchangeTest, HoldsBackARequestThatComesBeforeTheAnswer) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait") + Get("/echo") + Post("/echo", "second")));
  const auto waiting = server.Waiting(1);
  EXPECT_EQ(server.served, 1);
  ASSERT_TRUE(client.Send(Post("/echo", "third")));
  HttpsClient marker = server.Connect();  // once it is answered, the bytes before it have been looked at
  ASSERT_TRUE(marker.Send(Get("/note")) && marker.Receive().status == 200);
  EXPECT_EQ(server.served, 1);
  waiting[0]->Respond(Body("waited"));
  EXPECT_EQ(client.Receive().body, "waited");
  EXPECT_EQ(client.Receive().body, "GET 127.0.0.1 ");
  EXPECT_EQ(client.Receive().body, "POST 127.0.0.1 second");
  EXPECT_EQ(client.Receive().body, "POST 127.0.0.1 third");
  EXPECT_EQ(server.gone, 0);
}

TEST_P(ExchangeTest, SaysWhichRequestsHadComeBeforeTheLastAnswer) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait") + Get("/early")));
  server.Waiting(1)[0]->Respond(Body("waited"));
  EXPECT_EQ(client.Receive().body, "waited");
  EXPECT_EQ(client.Receive().body, "early");
  ASSERT_TRUE(client.Send(Get("/early")));
  EXPECT_EQ(client.Receive().body, "after the answer");
  ASSERT_TRUE(client.Send(Get("/echo") + Get("/early")));
  client.Receive();
  EXPECT_EQ(client.Receive().body, "early");
}

TEST_P(ExchangeTest, ARequestThatComesWhileAnotherWaitsIsHeldBackToo) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  ASSERT_TRUE(client.Send(Get("/echo")));
  ASSERT_TRUE(client.Send(Get("/wait")));
  waiting[0]->Respond(Body("waited"));
  EXPECT_EQ(client.Receive().body, "waited");
  EXPECT_EQ(client.Receive().body, "GET 127.0.0.1 ");
  server.Waiting(2)[1]->Respond(Body("again"));
  EXPECT_EQ(client.Receive().body, "again");
}

TEST_P(ExchangeTest, AVanishedPeerIsGoneAndNobodyElseIs) {
  ServerFixture server(Options());
  HttpsClient stays = server.Connect();
  ASSERT_TRUE(stays.Send(Get("/wait")));
  server.Waiting(1);
  HttpsClient closes = server.Connect();
  HttpsClient resets = server.Connect();
  HttpsClient halves = server.Connect();
  for (HttpsClient* client : {&closes, &resets, &halves}) ASSERT_TRUE(client->Send(Get("/wait")));
  const auto waiting = server.Waiting(4);
  closes.Close();
  EXPECT_TRUE(Eventually([&] { return server.gone == 1; }));
  resets.Reset();
  EXPECT_TRUE(Eventually([&] { return server.gone == 2; }));
  halves.HalfClose();
  EXPECT_TRUE(Eventually([&] { return server.gone == 3; }));
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 1; }));
  waiting[0]->Respond(Body("still here"));
  EXPECT_EQ(stays.Receive().body, "still here");
  EXPECT_EQ(server.gone, 3);
}

TEST_P(ExchangeTest, APeerThatSentMoreAndVanishedIsGone) {
  ServerFixture server(Options());
  for (const bool reset : {false, true}) {
    HttpsClient client = server.Connect();
    ASSERT_TRUE(client.Send(Get("/wait")));
    server.Waiting(reset ? 2 : 1);
    ASSERT_TRUE(client.Send(Get("/echo")));
    reset ? client.Reset() : client.Close();
    EXPECT_TRUE(Eventually([&] { return server.gone == (reset ? 2 : 1); }));
  }
  EXPECT_EQ(server.served, 2) << "the requests after those that waited were never served";
}

TEST_P(ExchangeTest, AnAnswerAfterThePeerWentTellsThatItWasNotWritten) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  client.Close();
  ASSERT_TRUE(Eventually([&] { return server.gone == 1; }));
  std::atomic<int> written{0}, failed{0};
  waiting[0]->Respond({}, [&](bool whole) { ++(whole ? written : failed); });
  EXPECT_TRUE(Eventually([&] { return failed == 1; }));
  EXPECT_EQ(written, 0);
}

TEST_P(ExchangeTest, AskingForTheEndAfterItCameIsToldAtOnce) {
  ServerFixture server(Options());
  std::shared_ptr<HttpExchange> kept;
  std::atomic<bool> came{false};
  {
    HttpsClient client = server.Connect();
    ASSERT_TRUE(client.Send(Get("/wait")));
    const auto waiting = server.Waiting(1);
    waiting[0]->Post([exchange = waiting[0].get(), &came] {
      exchange->OnGone(nullptr);  // the handler waits for something else at present
      came = true;
    });
    ASSERT_TRUE(Eventually([&] { return came.load(); }));
    kept = waiting[0];
  }
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  std::atomic<int> told{0};
  kept->Post([&] {
    kept->OnGone([&] { ++told; });
    kept->OnGone([&] { ++told; });
  });
  EXPECT_TRUE(Eventually([&] { return told == 1; }));
  EXPECT_EQ(server.gone, 0);
}

TEST_P(ExchangeTest, OnlyTheFirstAnswerCounts) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  std::atomic<int> first{0}, second{0};
  waiting[0]->Respond(Body("first"), [&](bool whole) { first += whole ? 1 : 100; });
  waiting[0]->Respond(Body("second"), [&](bool) { ++second; });
  EXPECT_EQ(client.Receive().body, "first");
  ASSERT_TRUE(client.Send(Get("/echo")));
  EXPECT_EQ(client.Receive().body, "GET 127.0.0.1 ");
  EXPECT_EQ(first, 1) << "told before the next request was served";
  EXPECT_EQ(second, 0);
  client.Close();
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_EQ(server.gone, 0) << "an answered request is not gone";
}

TEST_P(ExchangeTest, AnswersFromOtherThreadsRaceThePeersEnd) {
  ServerFixture server(Options());
  std::atomic<int> told{0};
  constexpr int kRounds = 30;
  for (int i = 0; i < kRounds; ++i) {
    HttpsClient client = server.Connect();
    ASSERT_TRUE(client.Send(Get("/wait")));
    auto exchange = server.Waiting(static_cast<std::size_t>(i) + 1).back();
    std::thread answers([&] { exchange->Respond(Body("x"), [&](bool) { ++told; }); });
    client.Close();
    answers.join();
  }
  EXPECT_TRUE(Eventually([&] { return told == kRounds; })) << told;
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  EXPECT_EQ(told, kRounds);
}

TEST_P(ExchangeTest, SendsAnAnswerInOnePiece) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Post("/echo", "warm-up")));
  client.Receive();
  ASSERT_TRUE(client.Send(Post("/echo", std::string(900, 'p'))));
  const std::string raw = client.PeekRaw();
  const std::string answer = client.ReadSome();
  EXPECT_THAT(answer, testing::EndsWith(std::string(900, 'p')));
  if (GetParam()) {
    ASSERT_GT(raw.size(), 5u);
    const std::size_t record = static_cast<unsigned char>(raw[3]) * 256u + static_cast<unsigned char>(raw[4]);
    EXPECT_EQ(raw.size(), 5 + record) << "one TLS record, whole";
  } else {
    EXPECT_EQ(raw, answer);
  }
}

TEST_P(ExchangeTest, SendsLongAnswersWholeAndSaysWhen) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/big")));
  EXPECT_EQ(client.Receive().body, std::string(4 * 1024 * 1024, 'b'));
  ASSERT_TRUE(client.Send(Post("/echo", std::string(3 * 1024 * 1024, 'p'))));
  EXPECT_EQ(client.Receive().body, "POST 127.0.0.1 " + std::string(3 * 1024 * 1024, 'p'));
}

TEST_P(ExchangeTest, HeadGetsTheHeaderAlone) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/echo")));
  const auto head = client.Receive(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.header, HasSubstr("Content-Length: 15\r\n"));
  EXPECT_EQ(client.Receive().body, "GET 127.0.0.1 ");
}

TEST_P(ExchangeTest, ClosesWhenEitherSideAsks) {
  ServerFixture server(Options());
  HttpsClient asks = server.Connect();
  ASSERT_TRUE(asks.Send("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(asks.Receive().header, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(asks.AtEnd());
  HttpsClient old = server.Connect();
  ASSERT_TRUE(old.Send("GET /echo HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(old.Receive().status, 200);
  EXPECT_TRUE(old.AtEnd());
  HttpsClient told = server.Connect();
  ASSERT_TRUE(told.Send(Get("/wait")));
  server.Waiting(1)[0]->Respond({.status = 200, .headers = {}, .body = {}, .close = true});
  EXPECT_THAT(told.Receive().header, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(told.AtEnd());
}

TEST_P(ExchangeTest, Http10KeepsTheConnectionIfAsked) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.Send("GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    EXPECT_THAT(client.Receive().header, HasSubstr("\r\nConnection: keep-alive\r\n"));
  }
}

TEST_P(ExchangeTest, ContinueIsSaidToAPeerThatWaitsForIt) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Receive(true).status, 100);
  ASSERT_TRUE(client.Send("body"));
  EXPECT_EQ(client.Receive().body, "POST 127.0.0.1 body");
}

TEST_P(ExchangeTest, ADroppedExchangeIsAnswered500) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/drop")));
  EXPECT_EQ(client.Receive().status, 500);
  ASSERT_TRUE(client.Send(Get("/nowhere")));
  EXPECT_EQ(client.Receive().status, 404);
}

TEST_P(ExchangeTest, TheNoteLivesAsLongAsTheConnection) {
  ServerFixture server(Options());
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/note") + Get("/note")));
  EXPECT_EQ(client.Receive().body, "+");
  EXPECT_EQ(client.Receive().body, "++");
  HttpsClient other = server.Connect();
  ASSERT_TRUE(other.Send(Get("/note")));
  EXPECT_EQ(other.Receive().body, "+");
}

}  // namespace
}  // namespace mailwake
