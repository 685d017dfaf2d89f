// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/log_limit.h"

#include <gtest/gtest.h>

namespace mailwake::server {
namespace {

using std::chrono::seconds;

TEST(LogLimitTest, SoManyLinesAMinuteAndTheNumberOfThoseLeftOut) {
  LogLimit limit(2);
  const LogLimit::Clock::time_point begin{};
  EXPECT_EQ(limit.Take(begin), 0U);
  EXPECT_EQ(limit.Take(begin + seconds(59)), 0U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Take(begin + seconds(59)), std::nullopt);
  EXPECT_EQ(limit.Take(begin + seconds(60)), 3U);
  EXPECT_EQ(limit.Take(begin + seconds(61)), 0U);
  EXPECT_EQ(limit.Take(begin + seconds(62)), std::nullopt);
}

}  // namespace
}  // namespace mailwake::server
