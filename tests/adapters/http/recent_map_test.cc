// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/recent_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mailwake {
namespace {

TEST(RecentMapTest, WhatWasSetIsFoundUntilItIsErased) {
  RecentMap<std::string, int> map(4);
  map["ann"] = 1;
  map["bob"];
  ASSERT_NE(map.Find("ann"), nullptr);
  EXPECT_EQ(*map.Find("ann"), 1);
  EXPECT_EQ(*map.Peek("bob"), 0);
  EXPECT_EQ(map.Find("eve"), nullptr);
  map.Erase("ann");
  EXPECT_EQ(map.Find("ann"), nullptr);
  EXPECT_EQ(map.Peek("ann"), nullptr);
}

TEST(RecentMapTest, HalfOfTheMostAreAlwaysThereAndNeverMoreThanAll) {
  RecentMap<int, int> map(8);
  for (int i = 0; i < 1000; ++i) {
    map[i] = i;
    int held = 0;
    for (int k = 0; k <= i; ++k) held += map.Peek(k) != nullptr ? 1 : 0;
    EXPECT_LE(held, 8);
    for (int k = std::max(0, i - 3); k <= i; ++k) ASSERT_NE(map.Peek(k), nullptr) << k << " after " << i;
  }
}

TEST(RecentMapTest, FindMakesYoungAndPeekDoesNot) {
  RecentMap<int, int> map(4);                           // halves of two
  for (const int key : {1, 2, 3}) map[key] = key * 10;  // 1 and 2 are old now
  EXPECT_EQ(*map.Find(1), 10);                          // young: 3, 1
  EXPECT_EQ(*map.Peek(2), 20);
  map[4] = 40;  // the turn: 2 goes
  EXPECT_EQ(*map.Peek(1), 10);
  EXPECT_EQ(map.Peek(2), nullptr);
}

TEST(RecentMapTest, AnOldOneThatIsFoundInTheMomentOfATurnKeepsItsValue) {
  RecentMap<int, std::string> map(2);  // halves of one: every new key is a turn
  map[1] = "one";
  map[2] = "two";
  ASSERT_NE(map.Find(1), nullptr);
  EXPECT_EQ(*map.Find(1), "one");
  ASSERT_NE(map.Find(2), nullptr);
  EXPECT_EQ(*map.Find(2), "two");
}

TEST(RecentMapTest, AMapOfNoneHoldsTheLastOne) {
  RecentMap<int, int> map(0);
  map[1] = 1;
  EXPECT_NE(map.Peek(1), nullptr);
}

}  // namespace
}  // namespace mailwake
