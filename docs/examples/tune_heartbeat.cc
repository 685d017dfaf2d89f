// SPDX-License-Identifier: Apache-2.0
//
// The device's side: how long a PING may be before this network cuts it. Here it cuts at 13 minutes.

#include <mailwake/heartbeat_tuner.h>

#include <cstdio>

using namespace std::chrono_literals;

int main() {
  mailwake::HeartbeatTuner tuner({.initial = 15min, .minimum = 8min, .maximum = 30min, .step = 4min});
  for (int ping = 0; ping < 8; ++ping) {
    const auto interval = tuner.interval();
    const bool lives = interval < 13min;
    std::printf("%lld min %s\n", static_cast<long long>(interval / 1min), lives ? "answered" : "silent");
    lives ? tuner.Expired() : tuner.Silent();
  }
  return tuner.settled() && tuner.interval() == 12min ? 0 : 1;
}
