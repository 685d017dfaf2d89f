// SPDX-License-Identifier: Apache-2.0
//
// Histogram: latencies in buckets that grow with the value (as HdrHistogram has them), so that memory does not grow with the run.
//
// Threads:    none; the owner locks.
// Cost:       Record O(1); 15 kB.
// Invariants: (1) Percentile answers a bucket's upper end: at most 1.6 % more than the true value, never less;
//             (2) max() is exact.

#ifndef MAILWAKE_BENCH_FLEET_HISTOGRAM_H_
#define MAILWAKE_BENCH_FLEET_HISTOGRAM_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mailwake::fleet {

class Histogram {
 public:
  using Micros = std::chrono::microseconds;

  void Record(Micros value);
  // The value that `percent` of all values do not exceed; 0 if there are none. `percent` in (0, 100].
  Micros Percentile(double percent) const;
  Micros max() const { return Micros(max_); }
  std::uint64_t count() const { return count_; }

 private:
  // Values below 2 * kSub have a bucket each; above, every doubling is cut into kSub buckets.
  static constexpr int kSubBits = 6;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  static constexpr int kDoublings = 30;  // up to 2^36 us, 19 hours
  static std::size_t Bucket(std::uint64_t value);
  static std::uint64_t UpperEnd(std::size_t bucket);

  std::array<std::uint64_t, kSub*(kDoublings + 1)> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_HISTOGRAM_H_
