// SPDX-License-Identifier: Apache-2.0
//
// How many requests a minute a user may send, and an address; and that nobody who is well meets it.
#include "adapters/fronts/activesync/rate_limit.h"

#include <gtest/gtest.h>

#include "mailwake/adapters/http_text.h"
#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimitTest, AMinutesWorthAtOnceAndThenAsManyAsTimeGives) {
  eas::RateLimit limit(60);
  eas::RateLimit::Time now{std::chrono::hours(1)};
  for (int i = 0; i < 60; ++i) ASSERT_EQ(limit.Take(1, now), milliseconds(0)) << i;
  EXPECT_EQ(limit.Take(1, now), milliseconds(1000));
  EXPECT_EQ(limit.Take(2, now), milliseconds(0)) << "another";
  now += milliseconds(999);
  EXPECT_EQ(limit.Take(1, now), milliseconds(1)) << "what was refused does not count";
  now += milliseconds(1);
  EXPECT_EQ(limit.Take(1, now), milliseconds(0));
  EXPECT_GT(limit.Take(1, now), milliseconds(0));
  for (int i = 0; i < 1000; ++i) {
    now += seconds(1);
    ASSERT_EQ(limit.Take(1, now), milliseconds(0)) << "evenly: never too many, " << i;
  }
  now += std::chrono::minutes(10);
  for (int i = 0; i < 60; ++i) ASSERT_EQ(limit.Take(1, now), milliseconds(0)) << "no more than a minute is saved up, " << i;
  EXPECT_GT(limit.Take(1, now), milliseconds(0));
}

TEST(RateLimitTest, ZeroIsAnyNumber) {
  eas::RateLimit limit(0);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(limit.Take(1, {}), milliseconds(0));
}

class ActiveSyncRates : public testing::Test {
 protected:
  void Open(std::size_t of_user, std::size_t of_address) {
    world_.emplace(WorldOptions{.front = {.requests_per_user_minute = of_user,
                                          .requests_per_address_minute = of_address,
                                          .too_many_requests = [this](const std::string& who) { refused_.push_back(who); },
                                          .clock = [this] { return now_; }}});
  }
  ExchangePtr Send(const std::string& user, const std::string& password, const std::string& peer) {
    HttpRequest request = world_->Request("Ping");
    request.target = "/Microsoft-Server-ActiveSync?Cmd=Ping&DeviceId=A&DeviceType=iPhone";
    request.headers[0].second = BasicAuthorization(user, password);
    request.peer = peer;
    return world_->Send(request);
  }
  int Ann(const std::string& peer = "192.0.2.7") { return Send("ann@example.org", "secret", peer)->status(); }
  int Bob(const std::string& peer = "192.0.2.7") { return Send("bob@example.org", "hidden", peer)->status(); }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::vector<std::string> refused_;
  std::optional<FrontWorld> world_;
};

TEST_F(ActiveSyncRates, AUserOverItsLimitIsToldToComeBackAndNobodyElse) {
  Open(3, 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ann("192.0.2." + std::to_string(i)), 200);
  const ExchangePtr answer = Send("ann@example.org", "secret", "192.0.2.9");
  EXPECT_EQ(answer->status(), 503) << "from wherever";
  EXPECT_GE(std::stoi(std::string(answer->header("Retry-After"))), 20) << "until there is room";
  EXPECT_EQ(refused_, std::vector<std::string>{"the user ann@example.org"});
  EXPECT_EQ(Bob(), 200);
  now_ += seconds(20);
  EXPECT_EQ(Ann(), 200);
}

TEST_F(ActiveSyncRates, AnAddressOverItsLimitIsTurnedAwayBeforeItsLoginIsLookedAt) {
  Open(0, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Send("ann@example.org", "wrong", "192.0.2.7")->status(), 401);
  const std::size_t asked = world_->authenticator().asked.size();
  EXPECT_EQ(Bob("192.0.2.7"), 503);
  EXPECT_EQ(world_->authenticator().asked.size(), asked);
  EXPECT_EQ(refused_, std::vector<std::string>{"the address 192.0.2.7"});
  EXPECT_EQ(Ann("192.0.2.8"), 200) << "its neighbour";
}

TEST_F(ActiveSyncRates, AnAddressOfIPv6IsThe64ThatItIsIn) {
  Open(0, 2);
  EXPECT_EQ(Ann("2001:db8:1:2::1"), 200);
  EXPECT_EQ(Ann("2001:db8:1:2:3::2"), 200);
  EXPECT_EQ(Ann("2001:db8:1:2:ffff::3"), 503);
  EXPECT_EQ(refused_, std::vector<std::string>{"the address 2001:db8:1:2::/64"});
  EXPECT_EQ(Ann("2001:db8:1:3::1"), 200);
}

// With the server's defaults: ten devices of a user, behind one address, each woken, synced and back twice a second, for ten minutes.
TEST_F(ActiveSyncRates, DevicesThatAreOftenRightlyWokenNeverNotice) {
  Open(6'000, 600'000);
  std::vector<std::string> keys;
  for (int device = 0; device < 10; ++device) {
    world_->device = "PHONE" + std::to_string(device);
    keys.push_back(Prime(*world_, "5"));
  }
  for (int round = 0; round < 1200; ++round) {
    for (int device = 0; device < 10; ++device) {
      world_->device = "PHONE" + std::to_string(device);
      const ExchangePtr ping = world_->Post("Ping", PingBody("470", {{"5", "Email"}}));
      world_->Publish("5");
      ASSERT_EQ(ping->status(), 200);
      const ExchangePtr sync = world_->Post("Sync", SyncBody({{.id = "5", .key = keys[device]}}));
      ASSERT_EQ(sync->status(), 200);
      keys[device] = sync->response().body.empty() ? keys[device] : KeyOf(sync, "5");
    }
    now_ += milliseconds(500);
    world_->Advance(milliseconds(500));
  }
  EXPECT_TRUE(refused_.empty());
}

}  // namespace
}  // namespace mailwake::test
