// SPDX-License-Identifier: Apache-2.0
#include "adapters/drivers/asio/steady_wall_time.h"

#include <algorithm>

#include "mailwake/adapters/asio_driver.h"

namespace mailwake {
namespace {

struct Base {
  Time wall = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
};

const Base& ProcessBase() {
  static const Base base;
  return base;
}

// Fixed at the start of the process, not at somebody's first call.
[[maybe_unused]] const Base& kAtStart = ProcessBase();

}  // namespace

Time SteadyWallTime() {
  const Base& base = ProcessBase();
  return base.wall + std::chrono::floor<Duration>(std::chrono::steady_clock::now() - base.steady);
}

namespace internal {

std::chrono::steady_clock::time_point WhenIs(Time time) {
  const Base& base = ProcessBase();
  // An engine may name a deadline in the far past (at once) or future: keep it where both clocks can count.
  constexpr auto kFar = std::chrono::hours(24 * 365);
  return base.steady + (std::clamp<Time>(time, base.wall - kFar, SteadyWallTime() + kFar) - base.wall);
}

}  // namespace internal
}  // namespace mailwake
