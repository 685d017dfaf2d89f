// SPDX-License-Identifier: Apache-2.0
//
// A server behind proxies: who the peer is, and that only proxies are believed.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "tests/adapters/https/proxy_bytes.h"
#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

std::string GetFor(const std::string& client) { return "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + client + "\r\n\r\n"; }

// /echo answers "METHOD peer body".
std::string PeerSeen(HttpsClient& client, const std::string& request) {
  client.Send(request);
  const std::string body = client.Receive().body;
  const std::size_t space = body.find(' ');
  return space == std::string::npos ? body : body.substr(space + 1, body.find(' ', space + 1) - space - 1);
}

class ProxyTest : public testing::TestWithParam<bool> {
 protected:
  FixtureOptions Options(HttpsOptions server = {}) const { return {.tls = GetParam(), .server = std::move(server)}; }
  HttpsClient Connect(const ServerFixture& server, const std::string& first) const {
    return HttpsClient(server.server->address(), {.tls = GetParam(), .first = first});
  }
};

INSTANTIATE_TEST_SUITE_P(Stream, ProxyTest, testing::Bool(), [](const auto& suite) { return suite.param ? "Tls" : "Plain"; });

TEST_P(ProxyTest, AProxyIsBelievedRequestByRequest) {
  ServerFixture server(Options({.proxies = {"127.0.0.1"}}));
  HttpsClient client = server.Connect();
  EXPECT_EQ(PeerSeen(client, GetFor("192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(PeerSeen(client, GetFor("198.51.100.1, 2001:db8::7")), "2001:db8::7");
  EXPECT_EQ(PeerSeen(client, Get("/echo")), "127.0.0.1");
}

TEST_P(ProxyTest, NobodyElseIs) {
  ServerFixture server(Options({.proxies = {"192.0.2.0/24"}}));
  HttpsClient client = server.Connect();
  EXPECT_EQ(PeerSeen(client, GetFor("192.0.2.7")), "127.0.0.1");
}

TEST_P(ProxyTest, TheHeaderSaysWhoThePeerIsForAllOfItsRequests) {
  ServerFixture server(Options({.proxies = {"127.0.0.1"}, .proxy_protocol = true}));
  HttpsClient client = Connect(server, ProxyV4("192.0.2.7"));
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(PeerSeen(client, Get("/echo")), "192.0.2.7");
  EXPECT_EQ(PeerSeen(client, GetFor("198.51.100.1")), "192.0.2.7") << "its own word";
  HttpsClient check = Connect(server, ProxyBytes(0x20, 0, ""));
  EXPECT_EQ(PeerSeen(check, Get("/echo")), "127.0.0.1");
}

TEST(ProxyHeaderOnTheWireTest, InPiecesIsTheSame) {
  ServerFixture server({.server = {.proxies = {"127.0.0.1"}, .proxy_protocol = true}});
  const std::string header = ProxyV6("2001:db8::7");
  HttpsClient client(server.server->address(), {.first = header.substr(0, 1)});
  for (std::size_t i = 1; i < header.size(); ++i) ASSERT_TRUE(client.Send(header.substr(i, 1)));
  EXPECT_EQ(PeerSeen(client, Get("/echo")), "2001:db8::7");
}

TEST_P(ProxyTest, AProxyThatSaysNothingOrSomethingElseIsSentAway) {
  ServerFixture server(Options({.proxies = {"127.0.0.1"}, .proxy_protocol = true}));
  HttpsClient silent = Connect(server, Get("/echo"));
  EXPECT_TRUE(!silent.connected() || silent.Receive().status == 0);
  HttpsClient older = Connect(server, "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n" + Get("/echo"));
  EXPECT_TRUE(!older.connected() || older.Receive().status == 0);
  EXPECT_TRUE(Eventually([&] { return server.server->stats().handshake_failures == 2; }));
  EXPECT_EQ(server.served, 0);
}

TEST_P(ProxyTest, AHeaderOfNoProxyIsNoRequest) {
  ServerFixture server(Options({.proxies = {"192.0.2.1"}, .proxy_protocol = true}));
  HttpsClient forger = Connect(server, ProxyV4("192.0.2.7"));
  if (forger.connected()) {
    forger.Send(Get("/echo"));
    EXPECT_NE(forger.Receive().status, 200);
  }
  EXPECT_EQ(server.served, 0);
  HttpsClient direct = server.Connect();
  EXPECT_EQ(PeerSeen(direct, Get("/echo")), "127.0.0.1") << "who is no proxy needs no header";
}

TEST_P(ProxyTest, TheConnectionsOfAProxyBelongToNobody) {
  ServerFixture server(Options({.proxies = {"127.0.0.1"}, .max_connections_per_user = 1}));
  for (int i = 0; i < 2; ++i) {
    HttpsClient client = server.Connect();
    ASSERT_TRUE(client.Send(Get("/user/ann")));
    EXPECT_EQ(client.Receive().status, 200);
  }
}

TEST_P(ProxyTest, ClientsBehindAProxyAreCountedEachAndTheProxyIsNot) {
  std::atomic<int> told{0};
  ServerFixture server(Options({.proxies = {"127.0.0.1"},
                                .proxy_protocol = true,
                                .max_connections_per_address = 1,
                                .address_refused = [&told](const std::string& address) { told += address == "192.0.2.7"; }}));
  {
    HttpsClient first = Connect(server, ProxyV4("192.0.2.7"));
    HttpsClient other = Connect(server, ProxyV4("192.0.2.8"));
    HttpsClient check = Connect(server, ProxyBytes(0x20, 0, ""));
    EXPECT_EQ(PeerSeen(first, Get("/echo")), "192.0.2.7");
    EXPECT_EQ(PeerSeen(other, Get("/echo")), "192.0.2.8");
    EXPECT_EQ(PeerSeen(check, Get("/echo")), "127.0.0.1");
    HttpsClient second = Connect(server, ProxyV4("192.0.2.7"));
    EXPECT_TRUE(!second.connected() || second.AtEnd());
    EXPECT_EQ(told, 1);
    EXPECT_EQ(server.server->stats().refused, 1u);
  }
  ASSERT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
  HttpsClient again = Connect(server, ProxyV4("192.0.2.7"));
  EXPECT_EQ(PeerSeen(again, Get("/echo")), "192.0.2.7");
}

TEST(ProxyOptionsTest, AWrongNetworkIsRefused) {
  boost::asio::io_context io;
  const absl::Status status = HttpsServer::Create({.listen = "127.0.0.1:0", .proxies = {"nginx"}}, {{&io, 0}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

class UnixSocketTest : public testing::Test {
 protected:
  ~UnixSocketTest() override { ::unlink(path_.c_str()); }

  const std::string path_ = TestDirectory() + "/http.sock";
  const HttpsOptions options_{.listen = "unix:" + path_, .max_connections_per_address = 1};
};

TEST_F(UnixSocketTest, ServesWhomTheFileSystemLetsIn) {
  ServerFixture server({.server = options_});
  EXPECT_EQ(server.server->address(), "unix:" + path_);
  struct stat file {};
  ASSERT_EQ(::stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0660u);
  HttpsClient one = server.Connect();
  HttpsClient two = server.Connect();
  EXPECT_EQ(PeerSeen(one, Get("/echo")), "::");
  EXPECT_EQ(PeerSeen(two, GetFor("192.0.2.7")), "192.0.2.7");
}

TEST_F(UnixSocketTest, WakesAndHearsOfPeersThatGo) {
  ServerFixture server({.server = options_});
  HttpsClient client = server.Connect();
  ASSERT_TRUE(client.Send(Get("/wait")));
  server.Waiting(1)[0]->Respond(Body("woken"));
  EXPECT_EQ(client.Receive().body, "woken");
  ASSERT_TRUE(client.Send(Get("/wait")));
  server.Waiting(2);
  client.Close();
  EXPECT_TRUE(Eventually([&] { return server.gone == 1; }));
}

TEST_F(UnixSocketTest, TheSocketOfAServerThatIsGoneIsTakenOver) {
  { ServerFixture before({.server = options_}); }
  struct stat file {};
  ASSERT_EQ(::stat(path_.c_str(), &file), 0) << "left behind";
  ServerFixture server({.server = options_});
  HttpsClient client = server.Connect();
  EXPECT_EQ(PeerSeen(client, Get("/echo")), "::");
}

TEST_F(UnixSocketTest, OneThatIsAliveIsNot) {
  ServerFixture server({.server = options_});
  boost::asio::io_context io;
  EXPECT_EQ(HttpsServer::Create(options_, {{&io, 0}}).status().code(), absl::StatusCode::kAlreadyExists);
  HttpsClient client = server.Connect();
  EXPECT_EQ(PeerSeen(client, Get("/echo")), "::");
}

TEST_F(UnixSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "mine";
  boost::asio::io_context io;
  EXPECT_EQ(HttpsServer::Create(options_, {{&io, 0}}).status().code(), absl::StatusCode::kAlreadyExists);
  std::string text;
  std::ifstream(path_) >> text;
  EXPECT_EQ(text, "mine");
}

TEST_F(UnixSocketTest, APathThatCannotBeIsExplained) {
  boost::asio::io_context io;
  for (const std::string& listen :
       {std::string("unix:"), "unix:/" + std::string(sizeof(sockaddr_un::sun_path), 'x'), std::string("unix:/no/such/place")})
    EXPECT_EQ(HttpsServer::Create({.listen = listen}, {{&io, 0}}).status().code(), absl::StatusCode::kInvalidArgument) << listen;
}

}  // namespace
}  // namespace mailwake
