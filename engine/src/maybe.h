// SPDX-License-Identifier: Apache-2.0
//
// Maybe: an optional number in no more room than the number: its greatest value means that there is none.
//
// Threads:    a plain value.
// Example:    Maybe<std::uint32_t> heartbeat; if (heartbeat) Use(*heartbeat);

#ifndef MAILWAKE_SRC_MAYBE_H_
#define MAILWAKE_SRC_MAYBE_H_

#include <limits>
#include <optional>

namespace mailwake {

template <typename T>
class Maybe {
 public:
  Maybe() = default;
  Maybe(T value) : value_(value) {}                                                              // NOLINT: implicit, as std::optional
  Maybe(std::optional<T> value) : value_(value.value_or(kNone)) {}                               // NOLINT: as above
  operator std::optional<T>() const { return *this ? std::optional<T>(value_) : std::nullopt; }  // NOLINT: as above

  explicit operator bool() const { return value_ != kNone; }
  T operator*() const { return value_; }
  T value_or(T otherwise) const { return *this ? value_ : otherwise; }
  void reset() { value_ = kNone; }
  friend bool operator==(Maybe, Maybe) = default;

 private:
  static constexpr T kNone = std::numeric_limits<T>::max();

  T value_ = kNone;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_MAYBE_H_
