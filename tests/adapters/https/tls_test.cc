// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/adapters/https/record_writer.h"
#include "tests/adapters/https/server_fixture.h"
#include "tests/adapters/https/tls_client.h"

namespace mailwake {
namespace {

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

TEST(TlsTest, ConnectionsMayGoOnOnAnotherThread) {
  ServerFixture server({.tls = true});
  std::vector<HttpsClient> clients;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    clients.push_back(ConnectWith(server, {.tls_version = version}));
    ASSERT_TRUE(clients.back().Send(Post("/echo", "first " + std::to_string(version))));
    EXPECT_EQ(clients.back().Receive().body, "POST 127.0.0.1 first " + std::to_string(version));
  }
  server.StopLoops();
  server.loops[0]->restart();
  std::thread other([&] { server.loops[0]->run(); });
  for (int round = 0; round < 3; ++round) {
    for (HttpsClient& client : clients) ASSERT_TRUE(client.Send(Post("/echo", "to " + std::to_string(client.socket()))));
    for (HttpsClient& client : clients) EXPECT_EQ(client.Receive().body, "POST 127.0.0.1 to " + std::to_string(client.socket()));
  }
  server.loops[0]->stop();
  other.join();
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

TEST(TlsTest, ASessionOutlastsTheServer) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const FixtureOptions options{.tls = true, .server = {.ticket_key_file = Path("tickets")}};
    auto first = std::make_unique<ServerFixture>(options);
    Session session(*first, version);
    first.reset();
    ServerFixture second(options);
    EXPECT_TRUE(session.ResumedBy(second, version));
    EXPECT_TRUE(Eventually([&] { return second.server->stats().resumed == 1; }));
    ServerFixture stranger({.tls = true});
    EXPECT_FALSE(session.ResumedBy(stranger, version));
    EXPECT_EQ(stranger.server->stats().resumed, 0u);
  }
}

TEST(TlsTest, MayBeForTls13Alone) {
  ServerFixture server({.tls = true, .server = {.tls_1_3_only = true}});
  EXPECT_TRUE(ConnectWith(server, {.tls_version = TLS1_3_VERSION}).connected());
  EXPECT_FALSE(ConnectWith(server, {.tls_version = TLS1_2_VERSION}).connected());
}

TEST(TlsTest, TakesTheCiphersThatAreNamed) {
  ServerFixture server({.tls = true, .server = {.ciphers = "ECDHE+CHACHA20"}});
  HttpsClient client = ConnectWith(server, {.tls_version = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  EXPECT_STREQ(SSL_get_cipher_name(client.ssl()), "ECDHE-ECDSA-CHACHA20-POLY1305");
  boost::asio::io_context io;
  const TestCertificate& certificate = SharedCertificate();
  const absl::Status status =
      HttpsServer::Create({.listen = "127.0.0.1:0", .cert_file = certificate.cert, .key_file = certificate.key, .ciphers = "NONE-SUCH"},
                          {{&io, 0}})
          .status();
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("NONE-SUCH"));
}

TEST(TlsTest, AgreesOnKeysByCurvesAlone) {
  ServerFixture server({.tls = true});
  const auto agrees = [&](int version, const char* groups) {
    return ConnectWith(server, {.tls_version = version, .groups = groups}).connected();
  };
  for (const char* group : {"X25519", "P-256", "P-384"}) EXPECT_TRUE(agrees(TLS1_3_VERSION, group)) << group;
  EXPECT_TRUE(agrees(TLS1_2_VERSION, "P-256")) << "which the certificate is of";
  // A second ClientHello (RFC 8446, 4.1.4): the client has sent a key for the first of its groups alone.
  EXPECT_TRUE(agrees(TLS1_3_VERSION, "P-521:P-256"));
  // 30 to 450 times the work for us, and none for whoever sends the same again and again.
  for (const char* group : {"ffdhe2048", "ffdhe4096", "ffdhe8192", "P-521"}) EXPECT_FALSE(agrees(TLS1_3_VERSION, group)) << group;
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

TEST(TlsTest, WhoeverUpdatesKeysWithoutEndIsClosed) {
  ServerFixture server({.tls = true});
  HttpsClient client = ConnectWith(server, {.tls_version = TLS1_3_VERSION});
  ASSERT_TRUE(client.connected());
  const auto update = [&] {
    return SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(client.ssl()) == 1;
  };
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(update());
  ASSERT_TRUE(client.Send(Get("/echo")));
  EXPECT_EQ(client.Receive().status, 200) << "some are nobody's business";
  for (int i = 0; i < 100 && update(); ++i) continue;
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
}

// A ClientHello as it is sent first, without the record around it.
std::string ClientHello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));  // owned by it
  SSL_connect(ssl.get());
  char* record = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &record);
  return {record + SSL3_RT_HEADER_LENGTH, static_cast<std::size_t>(size) - SSL3_RT_HEADER_LENGTH};
}

TEST(TlsTest, WhoeverAsksToRenegotiateWithoutEndIsClosed) {
  ServerFixture server({.tls = true, .server = {.ciphers = RecordWriter::kCipher}});
  HttpsClient client = ConnectWith(server, {.tls_version = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  RecordWriter writer(client);
  const std::string hello = ClientHello();
  const auto answer = [&](std::size_t size) {  // the record's type
    std::string record(size, '\0');
    return ::recv(client.socket(), record.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size) ? record[0] : 0;
  };
  for (int i = 0; i < 16; ++i) {
    ASSERT_TRUE(writer.Send(SSL3_RT_HANDSHAKE, hello));
    EXPECT_EQ(answer(SSL3_RT_HEADER_LENGTH + 8 + 2 + 16), SSL3_RT_ALERT);  // two bytes, and what AES-GCM adds to them
  }
  ASSERT_TRUE(writer.Send(SSL3_RT_APPLICATION_DATA, Get("/echo")));
  EXPECT_EQ(answer(1), SSL3_RT_APPLICATION_DATA) << "some are refused, and that is all";
  for (int i = 0; i < 100 && writer.Send(SSL3_RT_HANDSHAKE, hello); ++i) continue;
  EXPECT_TRUE(Eventually([&] { return server.server->stats().connections == 0; }));
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
