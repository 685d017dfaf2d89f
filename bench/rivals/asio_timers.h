// SPDX-License-Identifier: Apache-2.0
//
// AsioTimers: a Boost.Asio timer a PING, on a clock that the caller moves (for which Asio must not use a timerfd, which knows another
// clock).
//
// Threads:    none of its own; the owner locks.
// Cost:       Schedule and Cancel O(log timers); a cancelled wait's handler runs at the next Poll.
// Example:    timers.Schedule(7, due_ms, handle); timers.Advance(now_ms, [](std::uint32_t id) { ... });

#ifndef MAILWAKE_BENCH_RIVALS_ASIO_TIMERS_H_
#define MAILWAKE_BENCH_RIVALS_ASIO_TIMERS_H_

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace mailwake::bench {

// steady_timer's clock, but for the time. One for the program, as Asio wants it.
struct AsioClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<AsioClock>;
  static constexpr bool is_steady = true;
  inline static std::atomic<rep> now_ms{0};
  static time_point now() { return time_point(duration(now_ms.load(std::memory_order_relaxed))); }
};

class AsioTimers {
 public:
  using Handle = std::unique_ptr<boost::asio::basic_waitable_timer<AsioClock>>;

  AsioTimers() { AsioClock::now_ms = 0; }

  void Schedule(std::uint32_t id, std::int64_t due_ms, Handle& handle) {
    if (handle == nullptr) handle = std::make_unique<Handle::element_type>(context_);
    handle->expires_at(AsioClock::time_point(AsioClock::duration(due_ms)));
    handle->async_wait([this, id](const boost::system::error_code& error) {
      if (!error) due_.push_back(id);
    });
  }
  void Cancel(std::uint32_t, Handle& handle) {
    handle->cancel();
    if (++cancelled_ % kPollEvery == 0) Poll();
  }

  // Calls expired(id) for each timer due by now; it is no longer scheduled in the call.
  template <typename Expired>
  void Advance(std::int64_t now_ms, Expired expired) {
    AsioClock::now_ms.store(now_ms, std::memory_order_relaxed);
    Poll();
    for (const std::uint32_t id : due_) expired(id);
    due_.clear();
  }

 private:
  static constexpr std::uint64_t kPollEvery = 64;  // as a busy loop would come round
  void Poll() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_{1};
  std::vector<std::uint32_t> due_;
  std::uint64_t cancelled_ = 0;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_ASIO_TIMERS_H_
