// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/connection_lists.h"

#include <gtest/gtest.h>

namespace mailwake::internal {
namespace {

using std::chrono::seconds;
using State = ConnectionState;

const ConnectionLists::Clock::time_point kStart{};

TEST(ConnectionListsTest, GivesWhatIsDueAndNothingElse) {
  ConnectionLists lists({seconds(5), seconds(100), seconds(100), seconds(30), seconds(10), seconds(1), seconds(1)});
  Listed shaking, idle, waiting;
  lists.Place(shaking, State::kHandshake, kStart);
  lists.Place(idle, State::kIdle, kStart);
  lists.Place(waiting, State::kWaiting, kStart);
  EXPECT_EQ(lists.Expired(kStart + seconds(4)), nullptr);
  EXPECT_EQ(lists.Expired(kStart + seconds(5)), &shaking);
  lists.Remove(shaking);
  EXPECT_EQ(lists.Expired(kStart + seconds(99)), nullptr);
  EXPECT_EQ(lists.Expired(kStart + seconds(100)), &idle);
  lists.Remove(idle);
  EXPECT_EQ(lists.Expired(kStart + seconds(1'000'000)), nullptr) << "one that waits for its answer has no deadline";
  lists.Remove(waiting);
}

TEST(ConnectionListsTest, PlacingAgainStartsTheTimeAnew) {
  ConnectionLists lists({seconds(5), seconds(5), seconds(5), seconds(5), seconds(5), seconds(5), seconds(5)});
  Listed first, second;
  lists.Place(first, State::kWriting, kStart);
  lists.Place(second, State::kWriting, kStart + seconds(1));
  lists.Place(first, State::kWriting, kStart + seconds(2));
  EXPECT_EQ(lists.Expired(kStart + seconds(6)), &second);
  lists.Remove(second);
  EXPECT_EQ(lists.Expired(kStart + seconds(6)), nullptr);
  EXPECT_EQ(lists.Expired(kStart + seconds(7)), &first);
  lists.Remove(first);
}

TEST(ConnectionListsTest, WantsASweepOnlyForWhatIsTimedOrHeld) {
  ConnectionLists lists({seconds(5), seconds(5), seconds(5), seconds(5), seconds(5), seconds(5), seconds(5)});
  Listed connection;
  EXPECT_FALSE(lists.WantsSweep());
  lists.Place(connection, State::kWaiting, kStart);
  EXPECT_FALSE(lists.WantsSweep());
  lists.Place(connection, State::kHeld, kStart);
  EXPECT_TRUE(lists.WantsSweep());
  lists.Place(connection, State::kIdle, kStart);
  EXPECT_TRUE(lists.WantsSweep());
  lists.Remove(connection);
  lists.Remove(connection);
  EXPECT_FALSE(lists.WantsSweep());
  EXPECT_EQ(connection.state, State::kClosed);
}

}  // namespace
}  // namespace mailwake::internal
