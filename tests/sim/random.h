// SPDX-License-Identifier: Apache-2.0
//
// Random: where all chance in a simulated world comes from. The same seed gives the same numbers on every machine.
//
// Threads:    one thread.
// Cost:       a few instructions a number (splitmix64).
// Example:    Random random(seed); if (random.Chance(0.1)) at = random.Between(1, 500);

#ifndef MAILWAKE_TESTS_SIM_RANDOM_H_
#define MAILWAKE_TESTS_SIM_RANDOM_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mailwake::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  // In [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  bool Chance(double probability) { return probability > 0 && Unit() < probability; }
  // In [low, high].
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(high - low + 1));
  }
  std::size_t Below(std::size_t end) { return static_cast<std::size_t>(Next() % end); }
  // How long until the next of events that come at random, one in `mean` on average; at least 1.
  std::int64_t Exponential(double mean) { return std::max<std::int64_t>(1, std::llround(-mean * std::log1p(-Unit()))); }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[Below(from.size())];
  }
  template <typename T, std::size_t kSize>
  T Pick(const T (&from)[kSize]) {
    return from[Below(kSize)];
  }
  // Another stream of numbers that depends on this one's seed and on nothing else that is drawn.
  Random Fork() { return Random(Next()); }

 private:
  std::uint64_t state_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_RANDOM_H_
