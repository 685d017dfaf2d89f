// SPDX-License-Identifier: Apache-2.0
//
// EventLoops: the server's event loops. The first runs on the thread that calls Run, each of the others on one of its own.
//
// Threads:    made before any other thread is started, which inherits the processors; Stop and AfterThisTurn from any thread, all else from
//             the one that made it.
// Example:    EventLoops loops(config.threads, config.pin_loops); loops.Run([] { std::puts("ready"); });  // until loops.Stop()

#ifndef MAILWAKE_SERVER_EVENT_LOOPS_H_
#define MAILWAKE_SERVER_EVENT_LOOPS_H_

#include <absl/functional/any_invocable.h>
#include <absl/functional/function_ref.h>

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "adapters/server/processors.h"

namespace mailwake::server {

class EventLoops {
 public:
  // `count` 0: one for each processor, at most two. `pin`: each on a processor of its own, as far as they go.
  EventLoops(int count, bool pin);

  std::size_t size() const { return loops_.size(); }
  boost::asio::io_context& first() const { return *loops_.front(); }
  boost::asio::io_context& operator[](std::size_t i) const { return *loops_[i]; }

  // On the loop that this is called on, after what is ready there, so that wakes go out first and a turn's publishes share a commit;
  // at once if it is called on none.
  void AfterThisTurn(absl::AnyInvocable<void()> work) const;

  // Until Stop. `serving` is called on the first loop's thread, just before that turns.
  void Run(absl::FunctionRef<void()> serving) const;
  void Stop() const;

  // On the first loop's thread: with all processors, for a process that `start` starts, which inherits them and divides them anew.
  void WithAllProcessors(absl::FunctionRef<void()> start) const;

 private:
  std::vector<std::unique_ptr<boost::asio::io_context>> loops_;
  PinnedLoops pinned_;
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_EVENT_LOOPS_H_
