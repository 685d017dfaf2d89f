// SPDX-License-Identifier: Apache-2.0
//
// Gcra: whether something comes at a rate, by one point in time (the generic cell rate algorithm, ITU-T I.371): each that comes takes its
// share of time, and who is too far ahead of the clock comes too fast.
//
// Threads:    a plain value.
// Cost:       O(1), eight bytes.
// Invariants: as many as the rate allows in `burst` at once, and after that no more than the rate.
// Example:    if (const auto wait = gcra.WaitFor(now, 250ms, 4s); wait > 0ms) return ComeBackIn(wait);  gcra.Count(now, 250ms);

#ifndef MAILWAKE_ADAPTERS_GCRA_H_
#define MAILWAKE_ADAPTERS_GCRA_H_

#include <algorithm>
#include <chrono>

namespace mailwake {

class Gcra {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // How long until the next one is in time; zero: it is. `each`: of one, at the rate.
  Duration WaitFor(Time now, Duration each, Duration burst) const {
    return std::max(std::max(paid_until_, now) + each - now - burst, Duration::zero());
  }
  // One has come.
  void Count(Time now, Duration each) { paid_until_ = std::max(paid_until_, now) + each; }
  // None has come since the beginning.
  bool unused() const { return paid_until_ == Time(); }

 private:
  Time paid_until_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_GCRA_H_
