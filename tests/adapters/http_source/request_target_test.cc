// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/sources/http/target.h"

namespace mailwake::http_source {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(RequestTargetTest, SegmentsAreSplitBeforeTheyAreDecoded) {
  EXPECT_THAT(ParseTarget("/v1/a%2Fb/c")->path, ElementsAre("v1", "a/b", "c"));
  EXPECT_THAT(ParseTarget("/v1/a%3fb?x=1")->path, ElementsAre("v1", "a?b"));
  EXPECT_THAT(ParseTarget("/")->path, ElementsAre(""));
  EXPECT_THAT(ParseTarget("/a/")->path, ElementsAre("a", ""));
}

TEST(RequestTargetTest, APlusStandsForItself) {
  EXPECT_THAT(ParseTarget("/v1/ann+lists@example.org/x")->path[1], "ann+lists@example.org");
  EXPECT_THAT(ParseTarget("/x?mailbox=ann+lists@example.org")->query, ElementsAre(Pair("mailbox", "ann+lists@example.org")));
}

TEST(RequestTargetTest, TheQueryIsPairs) {
  const auto target = ParseTarget("/x?a=1&b=%26%3D&&c&a=2");
  EXPECT_THAT(target->query, ElementsAre(Pair("a", "1"), Pair("b", "&="), Pair("c", ""), Pair("a", "2")));
  EXPECT_EQ(target->Query("a"), "1");
  EXPECT_EQ(target->Query("c"), "");
  EXPECT_FALSE(target->Query("d"));
}

TEST(RequestTargetTest, WhatIsMalformedIsNothing) {
  for (const char* text : {"", "v1", "?a=b", "/%", "/%1", "/%gg", "/x?a=%zz", "/x?%=1", "*"}) EXPECT_FALSE(ParseTarget(text)) << text;
}

}  // namespace
}  // namespace mailwake::http_source
