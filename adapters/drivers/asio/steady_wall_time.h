// SPDX-License-Identifier: Apache-2.0
//
// The relation between the engine's time and the monotonic clock: fixed once a process, so that a deadline converts without loss.
//
// Threads:    pure, but for the base that the first call fixes.
// Invariants: at WhenIs(t), SteadyWallTime() is t, not a millisecond less: a timer that is set so never fires early.

#ifndef MAILWAKE_ADAPTERS_DRIVERS_ASIO_STEADY_WALL_TIME_H_
#define MAILWAKE_ADAPTERS_DRIVERS_ASIO_STEADY_WALL_TIME_H_

#include <chrono>

#include "mailwake/types.h"

namespace mailwake::internal {

std::chrono::steady_clock::time_point WhenIs(Time time);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_DRIVERS_ASIO_STEADY_WALL_TIME_H_
