// SPDX-License-Identifier: Apache-2.0

#include "bench/index/lanes.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>

#include "bench/index/keys.h"
#include "bench/index/memory.h"

namespace mailwake::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Body = std::function<void(std::span<const int>)>;

constexpr std::array<int, kLanes> kAll = {0, 1};

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// What one thread does of it.
struct Part {
  Measured measured;
  Clock::time_point start;
  Clock::time_point end;

  void Run(const Body& body, std::span<const int> lanes) {
    const std::uint64_t allocations = Allocations();
    const double cpu = ThreadSeconds();
    start = Clock::now();
    body(lanes);
    end = Clock::now();
    measured.cpu_seconds = ThreadSeconds() - cpu;
    measured.allocations = Allocations() - allocations;
  }
};

class Helper {
 public:
  Helper() : thread_([this](const std::stop_token& stop) { Work(stop); }) {}
  ~Helper() {
    thread_.request_stop();
    wanted_.release();
  }

  // Runs the body's second lane while the caller runs the first.
  void Run(const Body& body, Part& first, Part& second) {
    body_ = &body;
    part_ = &second;
    ready_ = 0;
    wanted_.release();
    Meet();
    first.Run(body, {&kAll[0], 1});
    done_.acquire();
  }

 private:
  void Meet() {
    ++ready_;
    while (ready_.load(std::memory_order_acquire) < kLanes) std::this_thread::yield();
  }
  void Work(const std::stop_token& stop) {
    for (wanted_.acquire(); !stop.stop_requested(); wanted_.acquire()) {
      Meet();
      part_->Run(*body_, {&kAll[1], 1});
      done_.release();
    }
  }

  const Body* body_ = nullptr;
  Part* part_ = nullptr;
  std::atomic<int> ready_{0};
  std::binary_semaphore wanted_{0};
  std::binary_semaphore done_{0};
  std::jthread thread_;
};

}  // namespace

Measured RunLanes(int threads, const Body& body) {
  Part first;
  if (threads == 1) {
    first.Run(body, kAll);
    first.measured.seconds = std::chrono::duration<double>(first.end - first.start).count();
    return first.measured;
  }
  static Helper helper;
  Part second;
  helper.Run(body, first, second);
  Measured measured = first.measured;
  measured.seconds = std::chrono::duration<double>(std::max(first.end, second.end) - std::min(first.start, second.start)).count();
  measured.cpu_seconds += second.measured.cpu_seconds;
  measured.allocations += second.measured.allocations;
  return measured;
}

}  // namespace mailwake::bench
