// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/bounded_set.h"

#include <gtest/gtest.h>

namespace mailwake::internal {
namespace {

TEST(BoundedSetTest, ForgetsWhatWasNotAskedForLongest) {
  BoundedSet set(2);
  set.Add("a");
  set.Add("b");
  EXPECT_TRUE(set.Contains("a"));
  set.Add("c");
  EXPECT_TRUE(set.Contains("a"));
  EXPECT_FALSE(set.Contains("b"));
  EXPECT_TRUE(set.Contains("c"));
  EXPECT_EQ(set.size(), 2u);
}

TEST(BoundedSetTest, AddingAgainCountsOnceAndAsAsking) {
  BoundedSet set(2);
  set.Add("a");
  set.Add("b");
  set.Add("a");
  EXPECT_EQ(set.size(), 2u);
  set.Add("c");
  EXPECT_TRUE(set.Contains("a"));
  EXPECT_FALSE(set.Contains("b"));
}

TEST(BoundedSetTest, OneOfNoneRemembersNothing) {
  BoundedSet set(0);
  set.Add("a");
  EXPECT_FALSE(set.Contains("a"));
}

}  // namespace
}  // namespace mailwake::internal
