// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

HttpsClient ConnectWith(const ServerFixture& server, HttpsClientOptions options) {
  options.tls = true;
  return HttpsClient(server.server->address(), options);
}

TEST(TlsTest, SpeaksTls12And13AndNothingOlder) {
  ServerFixture server({.tls = true});
  EXPECT_TRUE(ConnectWith(server, {.tls_version = TLS1_2_VERSION}).connected());
  EXPECT_TRUE(ConnectWith(server, {.tls_version = TLS1_3_VERSION}).connected());
  EXPECT_FALSE(ConnectWith(server, {.tls_version = TLS1_1_VERSION}).connected());
  EXPECT_FALSE(ConnectWith(server, {.tls_version = TLS1_VERSION}).connected());
  EXPECT_TRUE(Eventually([&] { return server.server->stats().handshake_failures == 2; }));
  EXPECT_EQ(server.server->stats().handshakes, 2u);
}

TEST(TlsTest, ServesBothVersions) {
  ServerFixture server({.tls = true});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    HttpsClient client = ConnectWith(server, {.tls_version = version});
    ASSERT_TRUE(client.Send(Get("/wait") + Get("/echo")));
    server.Waiting(version == TLS1_2_VERSION ? 1 : 2).back()->Respond(Body("waited"));
    EXPECT_EQ(client.Receive().body, "waited");
    EXPECT_EQ(client.Receive().body, "GET 127.0.0.1 ");
  }
}

TEST(TlsTest, OffersHttp11AndNothingElse) {
  ServerFixture server({.tls = true});
  HttpsClient client = ConnectWith(server, {.alpn = "http/1.1"});
  ASSERT_TRUE(client.connected());
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  EXPECT_FALSE(ConnectWith(server, {.alpn = "h2"}).connected());
}

TEST(TlsTest, RefusesRenegotiation) {
  ServerFixture server({.tls = true});
  HttpsClient client = ConnectWith(server, {.tls_version = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST(TlsTest, ResumesASessionByItsTicket) {
  ServerFixture server({.tls = true});
  HttpsClient first = ConnectWith(server, {});
  ASSERT_TRUE(first.Send(Get("/echo")));
  EXPECT_EQ(first.Receive().status, 200);  // the ticket came before it
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  HttpsClient second = ConnectWith(server, {.session = session});
  ASSERT_TRUE(second.connected());
  EXPECT_EQ(SSL_session_reused(second.ssl()), 1);
  SSL_SESSION_free(session);
}

TEST(TlsTest, ACloseNotifyWhileTheRequestWaitsIsTheEnd) {
  ServerFixture server({.tls = true});
  HttpsClient client = ConnectWith(server, {});
  ASSERT_TRUE(client.Send(Get("/wait")));
  server.Waiting(1);
  client.CloseNotify();  // the socket stays open
  EXPECT_TRUE(Eventually([&] { return server.gone == 1; }));
}

TEST(TlsTest, AKeyUpdateWhileTheRequestWaitsIsNot) {
  ServerFixture server({.tls = true});
  HttpsClient client = ConnectWith(server, {.tls_version = TLS1_3_VERSION});
  ASSERT_TRUE(client.Send(Get("/wait")));
  const auto waiting = server.Waiting(1);
  ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  ASSERT_EQ(SSL_do_handshake(client.ssl()), 1);
  HttpsClient marker = ConnectWith(server, {});
  ASSERT_TRUE(marker.Send(Get("/echo")) && marker.Receive().status == 200);
  EXPECT_EQ(server.gone, 0);
  waiting[0]->Respond(Body("with new keys"));
  EXPECT_EQ(client.Receive().body, "with new keys");
}

TEST(TlsTest, GarbageInsteadOfAHandshakeIsCountedAndClosed) {
  ServerFixture server({.tls = true});
  HttpsClient client(server.server->address(), {});
  ASSERT_TRUE(client.Send(Get("/echo")));
  EXPECT_EQ(client.Receive().status, 0);
  EXPECT_TRUE(Eventually([&] { return server.server->stats().handshake_failures == 1; }));
  EXPECT_EQ(server.served, 0);
}

}  // namespace
}  // namespace mailwake
