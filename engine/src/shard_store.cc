// SPDX-License-Identifier: Apache-2.0
//
// What a shard asks of the store and what it makes of the answers. The calls themselves are made by StoreCalls, without the lock.

#include <algorithm>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/records.h"
#include "engine/src/shard.h"

namespace mailwake {
namespace {

constexpr std::int64_t kRewriteFirstMs = 1'000;
constexpr std::int64_t kRewriteMostMs = 60'000;

}  // namespace

void Shard::Loaded(Mailbox* mailbox, absl::StatusOr<MailboxRecord> record, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  MAILWAKE_CHECK(mailbox->loading && mailbox->load_in_flight);
  mailbox->load_in_flight = false;
  --stats_.mailboxes_loading;
  if (record.ok()) {
    mailbox->Adopt(*std::move(record));
    ApplySuspicion(*mailbox);
  } else {
    ++stats_.load_failures;
  }
  std::vector<Mailbox::Deferred> calls = std::exchange(mailbox->deferred, {});
  for (Mailbox::Deferred& call : calls) call(record.status(), *mailbox, effects);
  Unpin(*mailbox);
  Settle();
}

std::optional<Outgoing> Shard::BeginHandover() {
  MutexLock lock(mutex_);
  if (handing_over_ || outbox_.empty()) return std::nullopt;
  handing_over_ = true;
  ++stats_.commits;
  return outbox_.Take();
}

void Shard::EndHandover() {
  MutexLock lock(mutex_);
  handing_over_ = false;
}

void Shard::Committed(Outgoing& outgoing, const absl::Status& status, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  if (status.ok()) {
    rewrite_delay_ms_ = 0;
  } else {
    ++stats_.commit_failures;
  }
  for (Mailbox* mailbox : outgoing.mailboxes) {
    --mailbox->writes;
    if (!status.ok() && !mailbox->unsaved) {
      mailbox->unsaved = true;
      unsaved_.push_back(mailbox);
    }
    if (status.ok() && mailbox->writes == 0 && !mailbox->unsaved) mailbox->erased.clear();
    Unpin(*mailbox);
  }
  if (!status.ok() && rewrite_delay_ms_ == 0) {
    rewrite_delay_ms_ = kRewriteFirstMs;
    rewrite_ms_ = now_ms() + rewrite_delay_ms_;
  }
  for (Outgoing::Waiter& waiter : outgoing.waiters) effects.Call(std::move(waiter), status);
  Settle();
}

void Shard::WriteUnsaved(Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  if (unsaved_.empty()) return;
  RewriteUnsaved(effects);
  Settle();
}

// Commits take effect in order: whatever failed before is covered by writing the whole mailbox now.
void Shard::RewriteUnsaved(Effects& effects) {
  for (Mailbox* mailbox : std::exchange(unsaved_, {})) {
    Write(*mailbox, effects) = WholeOf(*mailbox);
    mailbox->unsaved = false;
  }
  rewrite_delay_ms_ = std::min(std::max(rewrite_delay_ms_, kRewriteFirstMs) * 2, kRewriteMostMs);
  rewrite_ms_ = now_ms() + rewrite_delay_ms_;
}

}  // namespace mailwake
