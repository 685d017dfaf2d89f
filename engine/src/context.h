// SPDX-License-Identifier: Apache-2.0
//
// Context: what the shards of one engine share; and Effects: what a call has to do once it holds no lock.
//
// Threads:    Context: constant, atomic, or with a lock of its own. Effects: one call's own.

#ifndef MAILWAKE_SRC_CONTEXT_H_
#define MAILWAKE_SRC_CONTEXT_H_

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/src/version_counter.h"
#include "mailwake/options.h"
#include "mailwake/store.h"

namespace mailwake {

struct Mailbox;

struct Context {
  Context(Options given, Store& to) : options(std::move(given)), store(to), versions(to.opened()) {}

  const Options options;
  Store& store;
  VersionCounter versions;
  std::atomic<std::size_t> held{0};  // PINGs that count against Limits::pings
  std::atomic<std::size_t> idle{0};  // mailboxes in memory without need
  std::atomic<bool> draining{false};
};

// Filled under a shard's lock, carried out after it was released.
struct Effects {
  std::uint32_t loops = 0;                        // loops that have something to deliver
  bool write = false;                             // the shard's outbox has something to commit
  bool raise = false;                             // the version counter may need a higher ceiling
  std::vector<Mailbox*> loads;                    // to read from the store
  std::vector<absl::AnyInvocable<void()>> calls;  // done callbacks

  void Call(absl::AnyInvocable<void(absl::Status)> done, absl::Status status) {
    if (!done) return;
    calls.push_back([done = std::move(done), status = std::move(status)]() mutable { done(std::move(status)); });
  }
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_CONTEXT_H_
