// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/handshake_pool.h"

#include <sys/resource.h>

namespace mailwake::internal {
namespace {

// A third of a loop's weight (sched(7)), where both want the same processor.
constexpr int kNice = 5;

}  // namespace

void HandshakePool::StandBack() {
  thread_local bool done = false;
  if (std::exchange(done, true)) return;
  ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kNice);  // on Linux a thread's; as good as it can be without
}

}  // namespace mailwake::internal
