// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mailwake::fleet {

std::size_t Histogram::Bucket(std::uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (kSubBits + 1));
  return static_cast<std::size_t>(shift) * kSub + (value >> shift);
}

std::uint64_t Histogram::UpperEnd(std::size_t bucket) {
  if (bucket < 2 * kSub) return bucket;
  const std::uint64_t shift = bucket / kSub - 1;
  return ((bucket - shift * kSub + 1) << shift) - 1;
}

void Histogram::Record(Micros value) {
  const std::int64_t micros = std::max<std::int64_t>(value.count(), 0);
  ++buckets_[std::min(Bucket(static_cast<std::uint64_t>(micros)), buckets_.size() - 1)];
  ++count_;
  max_ = std::max(max_, micros);
}

Histogram::Micros Histogram::Percentile(double percent) const {
  if (count_ == 0) return Micros{0};
  const auto rank = static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket + 1 < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return Micros(std::min(static_cast<std::int64_t>(UpperEnd(bucket)), max_));
  }
  return Micros(max_);
}

}  // namespace mailwake::fleet
