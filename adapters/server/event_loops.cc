// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/event_loops.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>

namespace mailwake::server {

EventLoops::EventLoops(int count, bool pin) {
  if (count == 0) count = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 2U));
  for (int i = 0; i < count; ++i) loops_.push_back(std::make_unique<boost::asio::io_context>(1));
  if (pin) pinned_.Divide(loops_.size());
}

void EventLoops::AfterThisTurn(absl::AnyInvocable<void()> work) const {
  for (const auto& loop : loops_) {
    if (loop->get_executor().running_in_this_thread()) return boost::asio::post(*loop, std::move(work));
  }
  work();
}

void EventLoops::Run(absl::FunctionRef<void()> serving) const {
  std::vector<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guards;
  for (const auto& loop : loops_) guards.emplace_back(loop->get_executor());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    threads.emplace_back([this, i] {
      pinned_.Pin(i);
      loops_[i]->run();
    });
  }
  pinned_.Pin(0);
  serving();
  first().run();
  for (std::thread& thread : threads) thread.join();
}

void EventLoops::Stop() const {
  for (const auto& loop : loops_) loop->stop();
}

void EventLoops::WithAllProcessors(absl::FunctionRef<void()> start) const {
  pinned_.Unpin();
  start();
  pinned_.Pin(0);
}

}  // namespace mailwake::server
