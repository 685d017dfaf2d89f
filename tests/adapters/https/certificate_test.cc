// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

using testing::HasSubstr;

std::string Path(const std::string& name) { return TestDirectory() + "/" + name; }

std::string Write(const std::string& name, const std::string& content) {
  std::ofstream(Path(name)) << content;
  return Path(name);
}

std::string Content(const std::string& file) {
  std::ostringstream content;
  content << std::ifstream(file).rdbuf();
  return content.str();
}

absl::Status CreateWith(const std::string& cert, const std::string& key) {
  boost::asio::io_context io;
  return HttpsServer::Create({.listen = "127.0.0.1:0", .cert_file = cert, .key_file = key}, {{&io, 0}}).status();
}

TEST(CertificateTest, TheSelfSignedOneIsGoodForItsNames) {
  ServerFixture server({.tls = true});
  for (const std::string name : {"localhost", "mail.example.org"}) {
    HttpsClient client(server.server->address(), {.tls = true, .ca_file = SharedCertificate().cert, .server_name = name});
    EXPECT_TRUE(client.connected()) << name;
  }
  HttpsClient other(server.server->address(), {.tls = true, .ca_file = SharedCertificate().cert, .server_name = "example.com"});
  EXPECT_FALSE(other.connected());
}

TEST(CertificateTest, TheSelfSignedOneIsGoodForItsAddresses) {
  for (const std::string host : {"192.0.2.7", "2001:db8::7", "localhost", "127.0.0.1", "bad,DNS:evil.example", ""})
    EXPECT_TRUE(MakeSelfSignedCertificate(host, Path("names.pem"), Path("names.key")).ok()) << host;
  ASSERT_TRUE(MakeSelfSignedCertificate("192.0.2.7", Path("ip.pem"), Path("ip.key")).ok());
  EXPECT_TRUE(CreateWith(Path("ip.pem"), Path("ip.key")).ok());
}

TEST(CertificateTest, TheKeyIsForItsOwnerAlone) {
  const auto mode = [](const std::string& file) {
    struct stat info {};
    ::stat(file.c_str(), &info);
    return info.st_mode & 0777;
  };
  SharedCertificate();
  EXPECT_EQ(mode(SharedCertificate().key), 0600u);
  EXPECT_EQ(mode(SharedCertificate().cert), 0644u);
}

TEST(CertificateTest, AFileThatCannotBeWrittenIsNamedAndNothingIsLeft) {
  const absl::Status status = MakeSelfSignedCertificate("localhost", Path("nowhere/cert.pem"), Path("nowhere/key.pem"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("nowhere/key.pem"));
  const absl::Status blocked = MakeSelfSignedCertificate("localhost", Path("blocked.pem"), TestDirectory());
  EXPECT_FALSE(blocked.ok());
  EXPECT_FALSE(std::filesystem::exists(Path("blocked.pem")));
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(TestDirectory()).parent_path()))
    EXPECT_NE(entry.path().string().rfind(TestDirectory() + ".", 0), 0u) << entry.path();
}

TEST(CertificateTest, EveryFaultNamesTheFileAndTheReason) {
  const auto& good = SharedCertificate();
  ASSERT_TRUE(MakeSelfSignedCertificate("localhost", Path("other.pem"), Path("other.key")).ok());
  struct Fault {
    std::string cert, key, file, reason;
  };
  const std::vector<Fault> faults = {
      {Path("none.pem"), good.key, "none.pem", "No such file"},
      {good.cert, Path("none.key"), "none.key", "No such file"},
      {Write("empty.pem", ""), good.key, "empty.pem", "no usable PEM certificate"},
      {Write("text.pem", "hello"), good.key, "text.pem", "no usable PEM certificate"},
      {good.key, good.key, "key.pem", "no usable PEM certificate"},
      {good.cert, good.cert, "cert.pem", "no usable PEM private key"},
      {good.cert, Write("text.key", "hello"), "text.key", "no usable PEM private key"},
      {good.cert, Path("other.key"), "other.key", "does not belong to the certificate"},
      {Write("cut.pem", Content(good.cert).substr(0, 200)), good.key, "cut.pem", "no usable PEM certificate"},
      {good.cert, "", "certificate", "neither"},
      {"", good.key, "key", "neither"},
  };
  for (const Fault& fault : faults) {
    const absl::Status status = CreateWith(fault.cert, fault.key);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(fault.file));
    EXPECT_THAT(std::string(status.message()), HasSubstr(fault.reason));
  }
  EXPECT_TRUE(CreateWith(good.cert, good.key).ok());
}

}  // namespace
}  // namespace mailwake
