// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/peer_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "adapters/fronts/https/count_limit.h"

namespace mailwake::internal {
namespace {

PeerAddress Peer(const std::string& text) {
  sockaddr_storage address{};
  if (text.find(':') != std::string::npos) {
    address.ss_family = AF_INET6;
    inet_pton(AF_INET6, text.c_str(), &reinterpret_cast<sockaddr_in6&>(address).sin6_addr);
  } else {
    address.ss_family = AF_INET;
    inet_pton(AF_INET, text.c_str(), &reinterpret_cast<sockaddr_in&>(address).sin_addr);
  }
  return PeerAddress(address);
}

TEST(PeerAddressTest, WritesAddressesAsPeopleDo) {
  EXPECT_EQ(Peer("192.0.2.7").ToString(), "192.0.2.7");
  EXPECT_EQ(Peer("2001:db8::7").ToString(), "2001:db8::7");
  EXPECT_EQ(Peer("::ffff:192.0.2.7").ToString(), "192.0.2.7");
}

TEST(PeerAddressTest, AnIpv6PeerIsLimitedByItsNetwork) {
  EXPECT_EQ(Peer("2001:db8:1:2::7").limit_key(), Peer("2001:db8:1:2:ffff::8").limit_key());
  EXPECT_NE(Peer("2001:db8:1:2::7").limit_key(), Peer("2001:db8:1:3::7").limit_key());
  EXPECT_NE(Peer("192.0.2.7").limit_key(), Peer("192.0.2.8").limit_key());
}

TEST(CountLimitTest, CountsEachAndForgetsThoseThatWent) {
  CountLimit<int> limit(2);
  EXPECT_TRUE(limit.Acquire(7));
  EXPECT_TRUE(limit.Acquire(7));
  EXPECT_FALSE(limit.Acquire(7));
  EXPECT_TRUE(limit.Acquire(8));
  limit.Release(7);
  EXPECT_TRUE(limit.Acquire(7));
  EXPECT_FALSE(limit.Acquire(7));
}

TEST(CountLimitTest, ALimitOfNoneTakesNobody) {
  CountLimit<int> limit(0);
  EXPECT_FALSE(limit.Acquire(7));
}

}  // namespace
}  // namespace mailwake::internal
