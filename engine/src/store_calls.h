// SPDX-License-Identifier: Apache-2.0
//
// StoreCalls: makes the engine's calls of the store, outside every lock, and carries the answers back.
//
// Threads:    all calls from any thread; the store's answers come on any thread, also inside the call.
// Invariants: (1) the writes of one shard are handed over in the order in which they were decided: one thread at a time hands over, and
//                 a read follows the writes that were decided before it;
//             (2) `open_` counts calls of no shard's whose answer has not been dealt with;
//             (3) an answer is counted (answers.h) for as long as it is dealt with, so that the engine does not go under it.

#ifndef MAILWAKE_SRC_STORE_CALLS_H_
#define MAILWAKE_SRC_STORE_CALLS_H_

#include <absl/functional/any_invocable.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "engine/src/answers.h"
#include "engine/src/context.h"
#include "engine/src/shard.h"
#include "mailwake/mutex.h"

namespace mailwake {

class StoreCalls {
 public:
  // `carry_out` does what is in Effects; `shards_idle`: no shard waits for the store.
  using CarryOut = std::function<void(Shard&, Effects&)>;

  StoreCalls(Context& context, CarryOut carry_out, std::function<bool()> shards_idle)
      : context_(context), carry_out_(std::move(carry_out)), shards_idle_(std::move(shards_idle)) {}

  void HandOver(Shard& shard, Outgoing* outgoing);
  void RaiseCeiling();  // if it is time to
  void SuspectEverything(Version version, absl::AnyInvocable<void(absl::Status)> done);
  void AgeOut(Time before);
  // `done` runs when nothing waits for the store.
  void Flush(absl::AnyInvocable<void()> done);
  void CheckFlushed();
  // To calls of no shard's.
  const Answers& answers() const { return answers_; }

 private:
  void Load(Shard& shard, Mailbox* mailbox);
  void Answered(Outgoing* outgoing, absl::Status status);
  void Begin();
  void End();

  Context& context_;
  const CarryOut carry_out_;
  const std::function<bool()> shards_idle_;
  Answers answers_;
  Mutex mutex_;
  std::size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<absl::AnyInvocable<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_STORE_CALLS_H_
