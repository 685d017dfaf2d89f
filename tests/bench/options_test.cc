// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/options.h"

#include <gtest/gtest.h>

#include "mailwake/options.h"

namespace mailwake::fleet {
namespace {

TEST(FleetOptionsTest, AFleetAsItIsDoesNotSoundTheServersHeartbeatAlarm) {
  EXPECT_GT(std::chrono::seconds(FleetOptions().heartbeat_s), Options().heartbeat_alarm);
}

}  // namespace
}  // namespace mailwake::fleet
