// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/backoff_table.h"

#include <gtest/gtest.h>

#include <string>

namespace mailwake::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class BackoffTableTest : public testing::Test {
 protected:
  milliseconds Wait(const std::string& name = "ann") { return table_.WaitOf(name, now_); }
  void Fail(int times, const std::string& name = "ann") {
    for (int i = 0; i < times; ++i) table_.Failed(name, now_);
  }

  BackoffTable::Time now_{std::chrono::hours(1)};
  BackoffTable table_{{.free = 5, .first = seconds(1), .longest = seconds(900), .forgotten = minutes(60), .most = 8}};
};

TEST_F(BackoffTableTest, TheFirstFewAreFreeAndThenTheWaitDoubles) {
  EXPECT_EQ(Wait(), milliseconds(0));
  Fail(5);
  EXPECT_EQ(Wait(), milliseconds(0));
  for (const int expected : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
    Fail(1);
    EXPECT_EQ(Wait(), seconds(expected));
  }
  Fail(100);
  EXPECT_EQ(Wait(), seconds(900));
  EXPECT_EQ(Wait("bob"), milliseconds(0));
}

TEST_F(BackoffTableTest, TheWaitPasses) {
  Fail(8);
  EXPECT_EQ(Wait(), seconds(4));
  now_ += milliseconds(1500);
  EXPECT_EQ(Wait(), milliseconds(2500));
  now_ += milliseconds(2500);
  EXPECT_EQ(Wait(), milliseconds(0));
  Fail(1);
  EXPECT_EQ(Wait(), seconds(8)) << "what failed before is not forgotten";
}

TEST_F(BackoffTableTest, WhoHasNotFailedForLongStartsAnew) {
  Fail(35);
  now_ += minutes(60);
  EXPECT_EQ(Wait(), milliseconds(0));
  Fail(5);
  EXPECT_EQ(Wait(), milliseconds(0));
}

TEST_F(BackoffTableTest, WhoFailsNowAndThenNeverWaits) {
  for (int hour = 0; hour < 100; ++hour) {
    Fail(2);
    EXPECT_EQ(Wait(), milliseconds(0)) << hour;
    now_ += minutes(45);
  }
}

TEST_F(BackoffTableTest, WhoFailsAsSoonAsTheWaitIsOverWaitsOn) {
  Fail(20);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Wait(), seconds(900));
    now_ += seconds(900);
    Fail(1);
  }
}

TEST_F(BackoffTableTest, WhoFailsNoMoreOftenThanIsForgivenNeverWaits) {
  BackoffTable table({.free = 5, .forgive = seconds(10)});
  for (int i = 0; i < 1000; ++i) {
    table.Failed("ann", now_);
    ASSERT_EQ(table.WaitOf("ann", now_), milliseconds(0)) << "six a minute, not quite evenly: " << i;
    now_ += seconds(i % 2 == 0 ? 5 : 15);
  }
  int failed = 0;
  for (; failed < 1000 && table.WaitOf("bob", now_) == milliseconds(0); ++failed) {
    table.Failed("bob", now_);
    now_ += seconds(8);
  }
  EXPECT_LT(failed, 1000) << "more often than that";
}

TEST_F(BackoffTableTest, WhatIsWaitedForgivesNothing) {
  BackoffTable table({.free = 5, .first = seconds(60), .forgive = seconds(10)});
  for (int i = 0; i < 6; ++i) table.Failed("ann", now_);
  EXPECT_EQ(table.WaitOf("ann", now_), seconds(60));
  now_ += seconds(60);
  table.Failed("ann", now_);
  EXPECT_EQ(table.WaitOf("ann", now_), seconds(120)) << "else it would be six free ones each minute";
  now_ += seconds(120 + 20);
  table.Failed("ann", now_);
  EXPECT_EQ(table.WaitOf("ann", now_), seconds(60)) << "two were forgiven, one came";
}

TEST_F(BackoffTableTest, ThoseThatFailedLongestAgoAreForgottenFirst) {
  Fail(10, "first");
  for (const char* name : {"a", "b", "c", "d"}) Fail(10, name);
  EXPECT_GT(Wait("first"), milliseconds(0));
  EXPECT_GT(Wait("d"), milliseconds(0));
  for (const char* name : {"e", "f", "g", "h"}) Fail(10, name);
  EXPECT_EQ(Wait("first"), milliseconds(0));
  EXPECT_GT(Wait("h"), milliseconds(0));
}

}  // namespace
}  // namespace mailwake::internal
