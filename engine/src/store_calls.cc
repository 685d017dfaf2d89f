// SPDX-License-Identifier: Apache-2.0

#include "engine/src/store_calls.h"

#include <utility>

namespace mailwake {

// And then what has come meanwhile, one batch at a time; a loop, since a store that answers inside the call would otherwise nest without
// end.
void StoreCalls::HandOver(Shard& shard, Outgoing* outgoing) {
  while (outgoing != nullptr) {
    if (!outgoing->mailboxes.empty()) {
      outgoing->shard = &shard;
      context_.store.Commit(outgoing->batch, [this, outgoing](absl::Status status) { Answered(outgoing, std::move(status)); });
    }
    for (Mailbox* mailbox : outgoing->loads) Load(shard, mailbox);
    Effects effects;
    shard.HandedOver(outgoing, effects);
    outgoing = std::exchange(effects.outgoing, nullptr);
    carry_out_(shard, effects);
  }
}

void StoreCalls::Answered(Outgoing* outgoing, absl::Status status) {
  Shard& shard = *outgoing->shard;
  const Answers::One one(shard.answers());
  outgoing->status = std::move(status);
  if (!outgoing->meeting.Second()) return;
  Effects effects;
  shard.Committed(outgoing, effects);
  carry_out_(shard, effects);
}

void StoreCalls::Load(Shard& shard, Mailbox* mailbox) {
  context_.store.Load(shard.MailboxId(mailbox), [this, &shard, mailbox](absl::StatusOr<MailboxRecord> record) {
    const Answers::One one(shard.answers());
    Effects effects;
    shard.Loaded(mailbox, std::move(record), effects);
    carry_out_(shard, effects);
  });
}

void StoreCalls::RaiseCeiling() {
  const std::optional<Version> ceiling = context_.versions.BeginRaise();
  if (!ceiling) return;
  Begin();
  context_.store.CommitOwned({.ceiling = *ceiling}, [this, ceiling](const absl::Status& status) {
    const Answers::One one(answers_);
    context_.versions.Raised(*ceiling, status.ok());
    End();
  });
}

void StoreCalls::SuspectEverything(Version version, absl::AnyInvocable<void(absl::Status)> done) {
  Begin();
  context_.store.CommitOwned({.suspect = version}, [this, done = std::move(done)](absl::Status status) mutable {
    const Answers::One one(answers_);
    if (done) done(std::move(status));
    End();
  });
}

void StoreCalls::AgeOut(Time before) {
  Begin();
  context_.store.AgeOut(before, [this](const absl::StatusOr<std::size_t>&) {
    const Answers::One one(answers_);
    End();  // tried again the next day, if it failed
  });
}

// ---- Flush

void StoreCalls::Begin() {
  MutexLock lock(mutex_);
  ++open_;
}

void StoreCalls::End() {
  {
    MutexLock lock(mutex_);
    --open_;
  }
  if (context_.flushing) CheckFlushed();
}

void StoreCalls::Flush(absl::AnyInvocable<void()> done) {
  {
    MutexLock lock(mutex_);
    waiting_.push_back(std::move(done));
    context_.flushing = true;
  }
  CheckFlushed();
}

// A shard that is busy when it is asked here calls again when it is not: it sees `flushing`, which was set before.
void StoreCalls::CheckFlushed() {
  const bool idle = shards_idle_();
  std::vector<absl::AnyInvocable<void()>> waiting;
  {
    MutexLock lock(mutex_);
    if (open_ > 0 || !idle) return;
    waiting.swap(waiting_);
    context_.flushing = false;
  }
  for (auto& done : waiting) done();
}

}  // namespace mailwake
