// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/adapters/https/record_writer.h"
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

// Keeps the session of a connection that was served.
class Session {
 public:
  Session(const ServerFixture& server, int version, const std::string& cert = "", const std::string& key = "") {
    HttpsClient client = ConnectWith(server, {.tls_version = version, .cert_file = cert, .key_file = key});
    if (client.Send(Get("/echo")) && client.Receive().status == 200) session_ = SSL_get1_session(client.ssl());
    client.CloseNotify();  // or OpenSSL would not use the session again
  }
  ~Session() { SSL_SESSION_free(session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool ResumedBy(const ServerFixture& server, int version) {
    HttpsClient client = ConnectWith(server, {.tls_version = version, .session = session_});
    const bool served = client.connected() && client.Send(Get("/echo")) && client.Receive().status == 200;
    client.CloseNotify();
    return served && SSL_session_reused(client.ssl()) == 1;
  }

 private:
  SSL_SESSION* session_ = nullptr;
};

std::string Path(const std::string& name) { return TestDirectory() + "/" + name; }

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

std::string Fingerprint(HttpsClient client) {
  X509* const certificate = client.connected() ? SSL_get1_peer_certificate(client.ssl()) : nullptr;
  if (certificate == nullptr) return "none";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  X509_free(certificate);
  return {reinterpret_cast<char*>(digest), size};
}

TEST(TlsTest, ARenewedCertificateIsTakenWithoutLosingAConnection) {
  const std::string cert = Path("renewed.pem"), key = Path("renewed.key");
  ASSERT_TRUE(MakeSelfSignedCertificate("first.example.org", cert, key).ok());
  ServerFixture server({.tls = true, .server = {.cert_file = cert, .key_file = key}});
  HttpsClient waiting = ConnectWith(server, {});
  ASSERT_TRUE(waiting.Send(Get("/wait")));
  server.Waiting(1);
  Session session(server, TLS1_3_VERSION);
  const std::string before = Fingerprint(ConnectWith(server, {}));

  std::filesystem::remove(cert);
  std::filesystem::remove(key);
  ASSERT_TRUE(MakeSelfSignedCertificate("second.example.org", cert, key).ok());
  ASSERT_TRUE(server.server->ReloadCertificate().ok());
  EXPECT_NE(Fingerprint(ConnectWith(server, {})), before);
  EXPECT_TRUE(session.ResumedBy(server, TLS1_3_VERSION)) << "the ticket keys stay";
  server.Waiting(1)[0]->Respond(Body("waited"));
  EXPECT_EQ(waiting.Receive().body, "waited");
}

TEST(TlsTest, ABadRenewalChangesNothing) {
  const std::string cert = Path("spoiled.pem"), key = Path("spoiled.key");
  ASSERT_TRUE(MakeSelfSignedCertificate("first.example.org", cert, key).ok());
  ServerFixture server({.tls = true, .server = {.cert_file = cert, .key_file = key}});
  const std::string before = Fingerprint(ConnectWith(server, {}));
  const auto renewal_fails = [&](const std::string& file, const std::string& reason) {
    const absl::Status status = server.server->ReloadCertificate();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), testing::AllOf(testing::HasSubstr(file), testing::HasSubstr(reason)));
    EXPECT_EQ(Fingerprint(ConnectWith(server, {})), before);
    HttpsClient client = ConnectWith(server, {});
    ASSERT_TRUE(client.Send(Get("/echo")));
    EXPECT_EQ(client.Receive().status, 200);
  };
  // The new certificate is there already, its key is not yet; and the other way round.
  ASSERT_TRUE(MakeSelfSignedCertificate("second.example.org", Path("next.pem"), Path("next.key")).ok());
  std::filesystem::rename(cert, Path("first.pem"));
  std::filesystem::copy_file(Path("next.pem"), cert);
  renewal_fails(key, "does not belong to the certificate");
  std::filesystem::rename(Path("first.pem"), cert);
  std::filesystem::rename(Path("next.key"), key);
  renewal_fails(key, "does not belong to the certificate");
  std::ofstream(cert, std::ios::trunc) << "not a certificate";
  renewal_fails(cert, "no usable PEM certificate");
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

void MakeDeviceCertificate(const std::string& cert_file, const std::string& key_file, long good_for = 3600) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const cert = X509_new();
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), good_for);
  X509_NAME* const name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("device"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_set_pubkey(cert, key);
  EXPECT_GT(X509_sign(cert, key, EVP_sha256()), 0);
  BIO* const cert_pem = BIO_new_file(cert_file.c_str(), "w");
  PEM_write_bio_X509(cert_pem, cert);
  BIO_free(cert_pem);
  BIO* const key_pem = BIO_new_file(key_file.c_str(), "w");
  PEM_write_bio_PrivateKey(key_pem, key, nullptr, nullptr, 0, nullptr, nullptr);
  BIO_free(key_pem);
  X509_free(cert);
  EVP_PKEY_free(key);
}

TEST(TlsTest, MayAskForCertificatesOfThePeers) {
  const std::string cert = Path("device.pem"), key = Path("device.key");
  MakeDeviceCertificate(cert, key);
  ServerFixture server({.tls = true, .server = {.client_ca_file = cert}});
  const auto served = [&](HttpsClientOptions options) {
    HttpsClient client = ConnectWith(server, std::move(options));
    return client.connected() && client.Send(Get("/echo")) && client.Receive().status == 200;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(served({.tls_version = version, .cert_file = cert, .key_file = key}));
    EXPECT_FALSE(served({.tls_version = version}));
    EXPECT_FALSE(served({.tls_version = version, .cert_file = SharedCertificate().cert, .key_file = SharedCertificate().key}));
  }
  EXPECT_EQ(server.served, 2) << "nobody else reached a handler";
}

TEST(TlsTest, ATicketDoesNotStandInForACertificate) {
  const std::string cert = Path("device.pem"), key = Path("device.key"), other = Path("other.pem"), other_key = Path("other.key");
  MakeDeviceCertificate(cert, key);
  MakeDeviceCertificate(other, other_key);
  const FixtureOptions open{.tls = true, .server = {.ticket_key_file = Path("tickets")}};
  FixtureOptions closed = open, closed_to_others = open;
  closed.server.client_ca_file = cert;
  closed_to_others.server.client_ca_file = other;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::optional<Session> before;
    {
      ServerFixture server(open);
      before.emplace(server, version);
      EXPECT_TRUE(before->ResumedBy(server, version));
    }
    std::optional<Session> of_a_device;
    {
      ServerFixture server(closed);
      EXPECT_FALSE(before->ResumedBy(server, version)) << "from before certificates were asked for";
      EXPECT_EQ(server.served, 0);
      of_a_device.emplace(server, version, cert, key);
      EXPECT_TRUE(of_a_device->ResumedBy(server, version));
    }
    ServerFixture server(closed_to_others);
    EXPECT_FALSE(of_a_device->ResumedBy(server, version)) << "of an authority that is trusted no more";
    EXPECT_EQ(server.served, 0);
  }
}

TEST(TlsTest, ATicketDoesNotOutliveTheCertificate) {
  const std::string cert = Path("brief.pem"), key = Path("brief.key");
  MakeDeviceCertificate(cert, key, 6);
  ServerFixture server({.tls = true, .server = {.client_ca_file = cert}});
  Session of_tls_1_2(server, TLS1_2_VERSION, cert, key), of_tls_1_3(server, TLS1_3_VERSION, cert, key);
  EXPECT_EQ(server.served, 2);
  EXPECT_TRUE(of_tls_1_2.ResumedBy(server, TLS1_2_VERSION) && of_tls_1_3.ResumedBy(server, TLS1_3_VERSION)) << "as long as it is good";
  EXPECT_TRUE(Eventually([&] { return !of_tls_1_2.ResumedBy(server, TLS1_2_VERSION); }));
  EXPECT_TRUE(Eventually([&] { return !of_tls_1_3.ResumedBy(server, TLS1_3_VERSION); }));
  const int served = server.served;
  EXPECT_FALSE(of_tls_1_2.ResumedBy(server, TLS1_2_VERSION) || of_tls_1_3.ResumedBy(server, TLS1_3_VERSION));
  EXPECT_EQ(server.served, served) << "nor does a full handshake help";
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

// A response that the certificate's own key has signed. `good_for`: seconds until there is a newer one.
void WriteOcspResponse(const std::string& cert_file, const std::string& key_file, const std::string& out, long good_for = 3600,
                       int status = V_OCSP_CERTSTATUS_GOOD, long from = 0) {
  BIO* const cert_pem = BIO_new_file(cert_file.c_str(), "r");
  X509* const cert = PEM_read_bio_X509(cert_pem, nullptr, nullptr, nullptr);
  BIO* const key_pem = BIO_new_file(key_file.c_str(), "r");
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr);
  OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
  OCSP_CERTID* const id = OCSP_cert_to_id(nullptr, cert, cert);
  ASN1_TIME* const now = X509_gmtime_adj(nullptr, from);
  ASN1_TIME* const next = X509_gmtime_adj(nullptr, good_for);
  OCSP_basic_add1_status(basic, id, status, 0, now, now, next);
  OCSP_basic_sign(basic, cert, key, EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  BIO* const file = BIO_new_file(out.c_str(), "w");
  EXPECT_EQ(i2d_OCSP_RESPONSE_bio(file, response), 1);
  BIO_free(file);
  OCSP_RESPONSE_free(response);
  ASN1_TIME_free(now);
  ASN1_TIME_free(next);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  EVP_PKEY_free(key);
  X509_free(cert);
  BIO_free(key_pem);
  BIO_free(cert_pem);
}

TEST(TlsTest, StaplesAnOcspResponse) {
  const std::string file = Path("staple.der");
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file);
  ServerFixture server({.tls = true, .server = {.ocsp_response_file = file}});
  const auto size_of_staple = [&](bool ask) {
    HttpsClient client = ConnectWith(server, {.ask_ocsp = ask});
    EXPECT_TRUE(client.connected());
    const unsigned char* response = nullptr;
    return SSL_get_tlsext_status_ocsp_resp(client.ssl(), &response);
  };
  EXPECT_EQ(size_of_staple(true), static_cast<long>(std::filesystem::file_size(file)));
  EXPECT_EQ(size_of_staple(false), -1);
  std::ofstream(file, std::ios::trunc) << "no response";
  const absl::Status status = server.server->ReloadCertificate();
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(file));
}

TEST(TlsTest, AnOcspResponseThatIsOutOfDateIsNotStapled) {
  const std::string file = Path("old.der");
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file, 2);
  ServerFixture server({.tls = true, .server = {.ocsp_response_file = file}});
  const auto stapled = [&] {
    HttpsClient client = ConnectWith(server, {.ask_ocsp = true});
    EXPECT_TRUE(client.connected());
    const unsigned char* response = nullptr;
    return SSL_get_tlsext_status_ocsp_resp(client.ssl(), &response) > 0;
  };
  EXPECT_TRUE(Eventually([&] { return !stapled(); }));
  EXPECT_TRUE(server.server->ReloadCertificate().ok()) << "a server that did not start for it would help nobody";
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file, 3600, V_OCSP_CERTSTATUS_GOOD, 1800);
  EXPECT_TRUE(server.server->ReloadCertificate().ok());
  EXPECT_FALSE(stapled()) << "of half an hour from now";
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file);
  EXPECT_TRUE(server.server->ReloadCertificate().ok());
  EXPECT_TRUE(stapled());
}

TEST(TlsTest, RefusesAnOcspResponseAboutAnotherCertificateOrOfARevokedOne) {
  const std::string file = Path("foreign.der"), cert = Path("foreign.pem"), key = Path("foreign.key");
  const auto fault = [&] {
    const absl::Status status =
        HttpsServer::Check({.cert_file = SharedCertificate().cert, .key_file = SharedCertificate().key, .ocsp_response_file = file});
    return std::string(status.message());
  };
  ASSERT_TRUE(MakeSelfSignedCertificate("foreign.example.org", cert, key).ok());
  WriteOcspResponse(cert, key, file);
  EXPECT_THAT(fault(), testing::HasSubstr("says nothing about the certificate"));
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file, 3600, V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_THAT(fault(), testing::HasSubstr("was revoked"));
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file, 3600, V_OCSP_CERTSTATUS_UNKNOWN);
  EXPECT_THAT(fault(), testing::HasSubstr("does not know the certificate"));
  WriteOcspResponse(SharedCertificate().cert, SharedCertificate().key, file);
  EXPECT_EQ(fault(), "");
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
