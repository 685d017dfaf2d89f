// SPDX-License-Identifier: Apache-2.0
#include "adapters/server/processors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace mailwake::server {
namespace {

using testing::ElementsAre;

TEST(ProcessorsTest, EachLoopHasOneOfItsOwnAndAllElseTheOthers) {
  const Division division = Divide({1, 4, 5, 7}, 2);
  EXPECT_THAT(division.loops, ElementsAre(ElementsAre(1), ElementsAre(4)));
  EXPECT_THAT(division.rest, ElementsAre(5, 7));
  EXPECT_THAT(division.all, ElementsAre(1, 4, 5, 7));
}

TEST(ProcessorsTest, IfLoopsNeedAllTheOthersHaveAllToo) {
  EXPECT_THAT(Divide({0, 1}, 2).rest, ElementsAre(0, 1));
  const Division more = Divide({0, 1}, 3);
  EXPECT_THAT(more.loops, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(0)));
  EXPECT_THAT(more.rest, ElementsAre(0, 1));
  EXPECT_THAT(Divide({3}, 1).rest, ElementsAre(3));
}

TEST(ProcessorsTest, AThreadUsesWhatItIsToldAndSoDoThoseItStarts) {
  const ProcessorSet before = MayUse();
  ASSERT_FALSE(before.empty());
  ProcessorSet own, inherited;
  std::thread([&] {
    ASSERT_TRUE(Use({before.back()}).ok());
    own = MayUse();
    std::thread([&] { inherited = MayUse(); }).join();
  }).join();
  EXPECT_THAT(own, ElementsAre(before.back()));
  EXPECT_THAT(inherited, ElementsAre(before.back()));
  EXPECT_EQ(MayUse(), before);
  EXPECT_EQ(Use({}).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mailwake::server
