// SPDX-License-Identifier: Apache-2.0

#include "engine/src/store_calls.h"

#include <memory>
#include <utility>

namespace mailwake {

void StoreCalls::Begin() {
  MutexLock lock(mutex_);
  ++open_;
}

void StoreCalls::End() {
  std::vector<absl::AnyInvocable<void()>> waiting;
  {
    MutexLock lock(mutex_);
    if (--open_ > 0) return;
    waiting.swap(waiting_);
  }
  for (auto& done : waiting) done();
}

void StoreCalls::Flush(absl::AnyInvocable<void()> done) {
  {
    MutexLock lock(mutex_);
    if (open_ > 0) {
      waiting_.push_back(std::move(done));
      return;
    }
  }
  done();
}

void StoreCalls::Load(Shard& shard, Mailbox* mailbox) {
  Begin();
  context_.store.Load(shard.MailboxId(mailbox), [this, &shard, mailbox](absl::StatusOr<MailboxRecord> record) {
    Effects effects;
    shard.Loaded(mailbox, std::move(record), effects);
    carry_out_(shard, effects);
    End();
  });
}

void StoreCalls::Write(Shard& shard) {
  Begin();  // so that what others add meanwhile is not overlooked by Flush
  while (std::optional<Outgoing> outgoing = shard.BeginHandover()) {
    Begin();
    auto sent = std::make_shared<Outgoing>(*std::move(outgoing));
    WriteBatch batch = std::move(sent->batch);
    context_.store.Commit(std::move(batch), [this, &shard, sent](absl::Status status) {
      Effects effects;
      shard.Committed(*sent, status, effects);
      carry_out_(shard, effects);
      End();
    });
    shard.EndHandover();
  }
  End();
}

void StoreCalls::RaiseCeiling() {
  const std::optional<Version> ceiling = context_.versions.BeginRaise();
  if (!ceiling) return;
  Begin();
  context_.store.Commit({.ceiling = *ceiling}, [this, ceiling](const absl::Status& status) {
    context_.versions.Raised(*ceiling, status.ok());
    End();
  });
}

void StoreCalls::SuspectEverything(Version version, absl::AnyInvocable<void(absl::Status)> done) {
  Begin();
  context_.store.Commit({.suspect = version}, [this, done = std::move(done)](absl::Status status) mutable {
    if (done) done(std::move(status));
    End();
  });
}

void StoreCalls::AgeOut(Time before) {
  Begin();
  context_.store.AgeOut(before, [this](const absl::StatusOr<std::size_t>&) { End(); });  // tried again the next day
}

}  // namespace mailwake
