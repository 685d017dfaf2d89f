// SPDX-License-Identifier: Apache-2.0
//
// StoreCalls: makes the engine's calls of the store, outside every lock, and carries the answers back.
//
// Threads:    all calls from any thread; the store's answers come on any thread, also inside the call.
// Invariants: (1) the writes of one shard are handed over in the order in which they were decided: one thread at a time hands over;
//             (2) `open_` counts calls whose answer has not been dealt with.

#ifndef MAILWAKE_SRC_STORE_CALLS_H_
#define MAILWAKE_SRC_STORE_CALLS_H_

#include <absl/functional/any_invocable.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "engine/src/context.h"
#include "engine/src/shard.h"
#include "mailwake/mutex.h"

namespace mailwake {

class StoreCalls {
 public:
  // `carry_out` does what is in Effects.
  using CarryOut = std::function<void(Shard&, Effects&)>;

  StoreCalls(Context& context, CarryOut carry_out) : context_(context), carry_out_(std::move(carry_out)) {}

  void Load(Shard& shard, Mailbox* mailbox);
  void Write(Shard& shard);  // everything in the shard's outbox
  void RaiseCeiling();       // if it is time to
  void SuspectEverything(Version version, absl::AnyInvocable<void(absl::Status)> done);
  void AgeOut(Time before);
  // `done` runs when no call is open.
  void Flush(absl::AnyInvocable<void()> done);

 private:
  void Begin();
  void End();

  Context& context_;
  const CarryOut carry_out_;
  Mutex mutex_;
  std::size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<absl::AnyInvocable<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_STORE_CALLS_H_
