// SPDX-License-Identifier: Apache-2.0
#include "adapters/drivers/asio/steady_wall_time.h"

#include <gtest/gtest.h>

#include <thread>

#include "mailwake/adapters/asio_driver.h"

namespace mailwake {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(SteadyWallTimeTest, IsTheWallTimeOfTheProcess) {
  const auto wall = std::chrono::system_clock::now();
  EXPECT_LT(SteadyWallTime() - hours(1), wall);
  EXPECT_GT(SteadyWallTime() + hours(1), wall);
}

TEST(SteadyWallTimeTest, ADeadlineHasComeWhenItsTimerFiresAndNotBefore) {
  for (int i = 1; i <= 20; ++i) {
    const Time deadline = SteadyWallTime() + milliseconds(i % 3 + 1);
    EXPECT_GT(internal::WhenIs(deadline), internal::WhenIs(deadline - milliseconds(1)));
    std::this_thread::sleep_until(internal::WhenIs(deadline));
    EXPECT_GE(SteadyWallTime(), deadline);
  }
}

TEST(SteadyWallTimeTest, FarDeadlinesStayWhereTheClockCanCount) {
  const auto now = steady_clock::now();
  EXPECT_LT(internal::WhenIs(Time::min()), now);
  EXPECT_LT(internal::WhenIs(Time()), now);
  EXPECT_GT(internal::WhenIs(Time::max()), now + hours(24));
}

}  // namespace
}  // namespace mailwake
