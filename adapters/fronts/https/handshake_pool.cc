// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/handshake_pool.h"

#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>
#include <system_error>

namespace mailwake::internal {
namespace {

// A third of a loop's weight (sched(7)), where both want the same processor.
constexpr int kNice = 5;

void Work(boost::asio::io_context& queue) {
  ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kNice);  // on Linux the thread's; as good as it can be without
  const auto more = boost::asio::make_work_guard(queue);
  queue.run();
}

}  // namespace

void HandshakePool::Start(std::size_t threads) {
  if (queue_) return;
  queue_.emplace();
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { Work(*queue_); });
  } catch (const std::system_error&) {  // the system has no more
  }
}

void HandshakePool::Stop() {
  if (!queue_) return;
  queue_->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  queue_.reset();  // what has not begun goes, and with it what that keeps alive
}

}  // namespace mailwake::internal
