// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/log_limit.h"

#include <utility>

#include "adapters/server/log.h"

namespace mailwake::server {

std::optional<std::uint64_t> LogLimit::Take(Clock::time_point now) {
  MutexLock lock(mutex_);
  if (!begun_ || now - *begun_ >= std::chrono::minutes(1)) {
    begun_ = now;
    written_ = 0;
  }
  if (written_ >= a_minute_) {
    ++left_out_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(left_out_, 0);
}

void LogWarning(LogLimit& limit, std::string_view message) {
  const std::optional<std::uint64_t> left_out = limit.Take(LogLimit::Clock::now());
  if (!left_out) return;
  std::string text(message);
  if (*left_out > 0) text += " (and " + std::to_string(*left_out) + " more like it since the last such line)";
  LogWarning(text);
}

}  // namespace mailwake::server
