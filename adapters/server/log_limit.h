// SPDX-License-Identifier: Apache-2.0
//
// LogLimit: so many lines a minute, and how many more there would have been.
//
// Threads:    from any thread.
// Example:    if (const auto left_out = limit.Take(now)) LogWarning(absl::StrCat(text, *left_out, " more before it"));

#ifndef MAILWAKE_SERVER_LOG_LIMIT_H_
#define MAILWAKE_SERVER_LOG_LIMIT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mailwake/mutex.h"

namespace mailwake::server {

class LogLimit {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LogLimit(std::uint64_t a_minute) : a_minute_(a_minute) {}

  // Whether a line may be written now: how many were left out since the last one. nullopt: leave this one out too.
  std::optional<std::uint64_t> Take(Clock::time_point now);

 private:
  const std::uint64_t a_minute_;
  Mutex mutex_;
  std::optional<Clock::time_point> begun_ ABSL_GUARDED_BY(mutex_);  // the minute that is counted
  std::uint64_t written_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Writes a warning, with the number of those that were left out before it, unless the limit says no.
void LogWarning(LogLimit& limit, std::string_view message);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_LOG_LIMIT_H_
