// SPDX-License-Identifier: Apache-2.0
//
// The fleet's one clock: monotonic, the same for every thread, so that what one thread publishes and another reads can be ordered.

#ifndef MAILWAKE_BENCH_FLEET_INSTANT_H_
#define MAILWAKE_BENCH_FLEET_INSTANT_H_

#include <chrono>

namespace mailwake::fleet {

using Instant = std::chrono::steady_clock::time_point;
using Span = std::chrono::steady_clock::duration;

inline constexpr Instant kNever = Instant::max();

inline Instant Now() { return std::chrono::steady_clock::now(); }

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_INSTANT_H_
