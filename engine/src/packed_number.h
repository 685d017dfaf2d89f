// SPDX-License-Identifier: Apache-2.0
//
// PackedNumber: a number below 2^48 in six bytes that may stand at any even address; for versions and times, of which there are very many.
// MaybePacked: the same or none; PackedTime: a moment.
//
// Threads:    a plain value.
// Example:    PackedNumber cursor; cursor.Set(7); Use(cursor.Get());

#ifndef MAILWAKE_SRC_PACKED_NUMBER_H_
#define MAILWAKE_SRC_PACKED_NUMBER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace mailwake {

class PackedNumber {
 public:
  static constexpr std::uint64_t kMost = (std::uint64_t{1} << 48) - 1;

  PackedNumber() = default;
  explicit PackedNumber(std::uint64_t number) { Set(number); }

  void Set(std::uint64_t number) {
    const auto low = static_cast<std::uint32_t>(number);
    const auto high = static_cast<std::uint16_t>(number >> 32);
    std::memcpy(bytes_.data(), &low, sizeof low);
    std::memcpy(bytes_.data() + sizeof low, &high, sizeof high);
  }
  std::uint64_t Get() const {
    std::uint32_t low;
    std::uint16_t high;
    std::memcpy(&low, bytes_.data(), sizeof low);
    std::memcpy(&high, bytes_.data() + sizeof low, sizeof high);
    return low | std::uint64_t{high} << 32;
  }

 private:
  alignas(std::uint16_t) std::array<std::byte, 6> bytes_{};
};

class MaybePacked {
 public:
  MaybePacked() = default;
  MaybePacked(std::uint64_t number) : number_(number) {}                                               // NOLINT: implicit, as std::optional
  MaybePacked(std::optional<std::uint64_t> number) : number_(number.value_or(PackedNumber::kMost)) {}  // NOLINT: as above

  explicit operator bool() const { return number_.Get() != PackedNumber::kMost; }
  std::uint64_t operator*() const { return number_.Get(); }
  std::optional<std::uint64_t> Get() const { return *this ? std::optional(number_.Get()) : std::nullopt; }
  std::uint64_t value_or(std::uint64_t otherwise) const { return *this ? number_.Get() : otherwise; }
  void reset() { number_.Set(PackedNumber::kMost); }
  friend bool operator==(const MaybePacked& a, const MaybePacked& b) { return a.number_.Get() == b.number_.Get(); }

 private:
  PackedNumber number_{PackedNumber::kMost};
};

// Milliseconds that may be negative.
class PackedTime {
 public:
  PackedTime() = default;
  explicit PackedTime(std::int64_t ms) : number_(static_cast<std::uint64_t>(ms)) {}
  std::int64_t ms() const { return static_cast<std::int64_t>(number_.Get() << 16) >> 16; }

 private:
  PackedNumber number_;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_PACKED_NUMBER_H_
