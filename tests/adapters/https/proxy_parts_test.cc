// SPDX-License-Identifier: Apache-2.0
//
// What proxies say about who is behind them: the header of the PROXY protocol, X-Forwarded-For; and which of them are believed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/fronts/https/forwarded.h"
#include "adapters/fronts/https/networks.h"
#include "adapters/fronts/https/proxy_header.h"
#include "tests/adapters/https/proxy_bytes.h"

namespace mailwake::internal {
namespace {

using Status = ProxyHeader::Status;
using testing::HasSubstr;

PeerAddress Peer(const std::string& text) { return PeerAddress::Parse(text).value(); }
Networks Trusted(const std::vector<std::string>& texts) { return Networks::Parse(texts).value(); }

TEST(NetworksTest, ContainWhatBeginsAsTheyDo) {
  const Networks networks = Trusted({"127.0.0.1", "10.16.0.0/12", "2001:db8::/33", "0.0.0.0/32"});
  for (const char* in : {"127.0.0.1", "10.16.0.0", "10.31.255.255", "2001:db8::1", "2001:db8:7fff::", "::ffff:10.17.0.1"})
    EXPECT_TRUE(networks.Contain(Peer(in))) << in;
  for (const char* out : {"127.0.0.2", "10.15.255.255", "10.32.0.0", "2001:db8:8000::", "::1", "::7f00:1"})
    EXPECT_FALSE(networks.Contain(Peer(out))) << out;
  EXPECT_TRUE(Trusted({"0.0.0.0/0"}).Contain(Peer("192.0.2.7")));
  EXPECT_FALSE(Trusted({"0.0.0.0/0"}).Contain(Peer("2001:db8::1")));
  EXPECT_TRUE(Trusted({"::/0"}).Contain(Peer("192.0.2.7")));
  EXPECT_FALSE(Networks().Contain(Peer("127.0.0.1")));
}

TEST(NetworksTest, AWrongOneIsNamed) {
  for (const char* wrong : {"", "nginx", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/x", "10.0.0/8", "::/129", "10.0.0.1/8"}) {
    const absl::Status status = Networks::Parse({"127.0.0.1", wrong}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"" + std::string(wrong) + "\""));
  }
}

TEST(ProxyHeaderTest, NamesTheClient) {
  const ProxyHeader v4 = ParseProxyHeader(ProxyV4("192.0.2.7") + "GET /");
  EXPECT_EQ(v4.status, Status::kDone);
  EXPECT_EQ(v4.size, 28u);
  EXPECT_EQ(v4.client->ToString(), "192.0.2.7");
  const ProxyHeader v6 = ParseProxyHeader(ProxyV6("2001:db8::7"));
  EXPECT_EQ(v6.status, Status::kDone);
  EXPECT_EQ(v6.size, 52u);
  EXPECT_EQ(v6.client->ToString(), "2001:db8::7");
}

TEST(ProxyHeaderTest, WhatTheProxyAddsIsPassedOver) {
  const ProxyHeader header =
      ParseProxyHeader(ProxyBytes(0x21, 0x11, std::string("\xc0\x00\x02\x07\x7f\x00\x00\x01\0\1\0\2", 12) + "additions"));
  EXPECT_EQ(header.status, Status::kDone);
  EXPECT_EQ(header.size, 16u + 12 + 9);
  EXPECT_EQ(header.client->ToString(), "192.0.2.7");
}

TEST(ProxyHeaderTest, AProxyThatSpeaksForItselfNamesNobody) {
  for (const std::string& bytes : {ProxyBytes(0x20, 0, ""), ProxyBytes(0x20, 0x11, std::string(12, 'x')),
                                   ProxyBytes(0x21, 0x31, std::string(216, 'x')), ProxyBytes(0x21, 0x12, std::string(12, 'x'))}) {
    const ProxyHeader header = ParseProxyHeader(bytes);
    EXPECT_EQ(header.status, Status::kDone);
    EXPECT_EQ(header.size, bytes.size());
    EXPECT_FALSE(header.client.has_value());
  }
}

TEST(ProxyHeaderTest, EveryPartOfOneIsNotYetOne) {
  const std::string whole = ProxyV4("192.0.2.7");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(ParseProxyHeader(whole.substr(0, size)).status, Status::kMore) << size;
}

TEST(ProxyHeaderTest, AnythingElseIsBad) {
  EXPECT_EQ(ParseProxyHeader("GET / HTTP/1.1\r\n").status, Status::kBad);
  EXPECT_EQ(ParseProxyHeader("\x16\x03\x01").status, Status::kBad);
  EXPECT_EQ(ParseProxyHeader("PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n").status, Status::kBad) << "version 1";
  EXPECT_EQ(ParseProxyHeader(ProxyBytes(0x11, 0x11, std::string(12, 'x'))).status, Status::kBad) << "another version";
  EXPECT_EQ(ParseProxyHeader(ProxyBytes(0x22, 0x11, std::string(12, 'x'))).status, Status::kBad) << "another command";
  EXPECT_EQ(ParseProxyHeader(ProxyBytes(0x21, 0x11, std::string(11, 'x'))).status, Status::kBad) << "too short for its addresses";
  EXPECT_EQ(ParseProxyHeader(ProxyBytes(0x21, 0x21, std::string(35, 'x'))).status, Status::kBad);
  EXPECT_EQ(ParseProxyHeader(ProxyBytes(0x21, 0x11, std::string(5000, 'x')).substr(0, 16)).status, Status::kBad) << "too long";
}

std::string Client(const HttpHeaders& headers) { return ClientOf(headers, Peer("10.0.0.1"), Trusted({"10.0.0.0/8"})).ToString(); }

TEST(ForwardedTest, TheLastThatIsNoProxyCounts) {
  EXPECT_EQ(Client({{"X-Forwarded-For", "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(Client({{"x-forwarded-for", " 192.0.2.7 ,10.0.0.2 , 10.0.0.3"}}), "192.0.2.7");
  EXPECT_EQ(Client({{"X-Forwarded-For", "2001:db8::7"}}), "2001:db8::7");
  EXPECT_EQ(Client({{"X-Forwarded-For", "192.0.2.7"}, {"Host", "x"}, {"X-Forwarded-For", "10.0.0.2"}}), "192.0.2.7");
}

TEST(ForwardedTest, APortDoesNotMatter) {
  EXPECT_EQ(Client({{"X-Forwarded-For", "192.0.2.7:1234"}}), "192.0.2.7");
  EXPECT_EQ(Client({{"X-Forwarded-For", "192.0.2.7:1234, 10.0.0.2:99"}}), "192.0.2.7");
  EXPECT_EQ(Client({{"X-Forwarded-For", "[2001:db8::7]:1234"}}), "2001:db8::7");
  EXPECT_EQ(Client({{"X-Forwarded-For", "[2001:db8::7]"}}), "2001:db8::7");
  for (const char* odd :
       {"[", "[]", ":", "192.0.2.7:", "[192.0.2.7", "192.0.2.7:80:90", "192.0.2.7:http", "[2001:db8::7]80", "[2001:db8::7]:"})
    EXPECT_EQ(Client({{"X-Forwarded-For", odd}}), "10.0.0.1") << odd;
}

TEST(ForwardedTest, WhatTheClientSaysOfItselfDoesNot) {
  EXPECT_EQ(Client({{"X-Forwarded-For", "198.51.100.1, 192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(Client({{"X-Forwarded-For", "10.9.9.9, 192.0.2.7, 10.0.0.2"}}), "192.0.2.7");
}

TEST(ForwardedTest, WhatIsNoAddressEndsTheList) {
  EXPECT_EQ(Client({}), "10.0.0.1");
  EXPECT_EQ(Client({{"X-Forwarded-For", ""}}), "10.0.0.1");
  EXPECT_EQ(Client({{"X-Forwarded-For", "unknown"}}), "10.0.0.1");
  EXPECT_EQ(Client({{"X-Forwarded-For", "192.0.2.7, unknown, 10.0.0.2"}}), "10.0.0.2");
  EXPECT_EQ(Client({{"X-Forwarded-For", ",,,"}}), "10.0.0.1");
  EXPECT_EQ(Client({{"Forwarded", "for=192.0.2.7"}, {"X-Real-IP", "192.0.2.7"}}), "10.0.0.1");
}

TEST(PeerAddressParseTest, TakesAddressesAndNothingElse) {
  for (const char* good : {"192.0.2.7", "2001:db8::7", "::1"}) EXPECT_EQ(Peer(good).ToString(), good);
  for (const char* bad : {"", "192.0.2", "192.0.2.7:80", "[::1]", "::g", "192.0.2.256", " 192.0.2.7", "localhost"})
    EXPECT_FALSE(PeerAddress::Parse(bad).has_value()) << bad;
  EXPECT_FALSE(PeerAddress::Parse(std::string("192.0.2.7\0x", 11)).has_value());
}

}  // namespace
}  // namespace mailwake::internal
