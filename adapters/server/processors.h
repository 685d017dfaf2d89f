// SPDX-License-Identifier: Apache-2.0
//
// Which processors threads run on, for `pin_loops`: each event loop has one of its own, and all other threads share those that are left. So
// what a loop works with stays in one processor's caches, and no commit, handshake or password check takes that processor from it.
//
// Threads:    Divide is pure; all else is about the thread that calls. PinnedLoops: Divide before the others.
// Invariants: each loop has one processor, and loops share one only if there are fewer than loops; nothing is left to no processor.
// Example:    PinnedLoops pinned; pinned.Divide(1); StartOthers(); pinned.Pin(0); loop.run();

#ifndef MAILWAKE_SERVER_PROCESSORS_H_
#define MAILWAKE_SERVER_PROCESSORS_H_

#include <absl/status/status.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace mailwake::server {

using ProcessorSet = std::vector<int>;

struct Division {
  ProcessorSet all;
  std::vector<ProcessorSet> loops;
  ProcessorSet rest;  // all, if the loops need all
};

// REQUIRES: `all` is not empty.
Division Divide(const ProcessorSet& all, std::size_t loops);

// Those that the kernel lets this thread use; empty if it does not say.
ProcessorSet MayUse();
// For this thread, and those that it starts from now on. Errors: Unavailable: the kernel allows none of them.
absl::Status Use(const ProcessorSet& processors);

class PinnedLoops {
 public:
  // This thread, and those that it starts, get what no loop has. Says in the log how it was divided, or why not: then nothing is pinned.
  void Divide(std::size_t loops);
  // On the loop's thread.
  void Pin(std::size_t loop) const;
  // This thread again has all, for a process that it starts: that inherits them.
  void Unpin() const;

 private:
  std::optional<Division> division_;
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_PROCESSORS_H_
