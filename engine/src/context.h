// SPDX-License-Identifier: Apache-2.0
//
// Context: what the shards of one engine share; and Effects: what a call has to do once it holds no lock.
//
// Threads:    Context: constant, atomic, or with a lock of its own. Effects: one call's own.

#ifndef MAILWAKE_SRC_CONTEXT_H_
#define MAILWAKE_SRC_CONTEXT_H_

#include <absl/container/inlined_vector.h>
#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/src/outbox.h"
#include "engine/src/version_counter.h"
#include "mailwake/options.h"
#include "mailwake/store.h"

namespace mailwake {

inline constexpr std::size_t kCacheLine = 64;

struct Context {
  Context(Options given, Store& to) : options(std::move(given)), store(to), versions(to.opened()) {}

  const Options options;
  Store& store;
  VersionCounter versions;
  // Each that is written often has a cache line of its own: threads that work on different shards meet here.
  alignas(kCacheLine) std::atomic<std::size_t> held{0};   // PINGs that count against Limits::pings
  alignas(kCacheLine) std::atomic<std::size_t> bytes{0};  // that the shards take
  alignas(kCacheLine) std::atomic<std::size_t> idle{0};   // mailboxes in memory without need
  alignas(kCacheLine) std::atomic<bool> draining{false};
  std::atomic<bool> flushing{false};  // somebody wants to know when nothing waits for the store
};

// Filled under a shard's lock, carried out after it was released.
struct Effects {
  struct Answer {
    absl::AnyInvocable<void(absl::Status)> done;
    absl::Status status;
  };

  std::uint32_t loops = 0;       // loops that have something to deliver
  bool raise = false;            // the version counter may need a higher ceiling
  bool idle = false;             // the shard waits for the store no more, and somebody wants to know
  Outgoing* outgoing = nullptr;  // to hand over to the store
  absl::InlinedVector<Answer, 2> answers;
  std::vector<absl::AnyInvocable<void()>> calls;  // other callbacks

  void Call(absl::AnyInvocable<void(absl::Status)>&& done, absl::Status status) {
    if (done) answers.push_back({std::move(done), std::move(status)});
  }
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_CONTEXT_H_
