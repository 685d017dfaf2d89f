// SPDX-License-Identifier: Apache-2.0
//
// The certificate that is shown, what is stapled to it, and those that are asked for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#include "tests/adapters/https/server_fixture.h"
#include "tests/adapters/https/tls_client.h"

namespace mailwake {
namespace {

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

}  // namespace
}  // namespace mailwake
