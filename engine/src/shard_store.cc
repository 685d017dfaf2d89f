// SPDX-License-Identifier: Apache-2.0
//
// What a shard asks of the store and what it makes of the answers. The calls themselves are made by StoreCalls, without the lock.

#include <algorithm>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/plant.h"
#include "engine/src/records.h"
#include "engine/src/shard.h"

namespace mailwake {
namespace {

constexpr std::int64_t kRewriteFirstMs = 1'000;
constexpr std::int64_t kRewriteMostMs = 60'000;

// The plant: the folders that the commit was to write get back the version that they had before; the newest one of somebody else's.
void RollBack(Mailbox& mailbox, const MailboxWrite& write) {
  for (const FolderRecord& written : write.folders) {
    const FolderNumber number = mailbox.FindFolder(written.id);
    if (number == kNoFolder || mailbox.folder(number).version() != written.version) continue;
    mailbox.folder(number).Restart(mailbox.folder(number).other());
  }
}

}  // namespace

void Shard::Loaded(Mailbox* mailbox, absl::StatusOr<MailboxRecord> record, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  MAILWAKE_CHECK(mailbox->loading && mailbox->load_in_flight);
  mailbox->load_in_flight = false;
  --stats_.mailboxes_loading;
  --open_calls_;
  const absl::Status status = record.status();
  if (status.ok()) {
    mailbox->Adopt(*std::move(record));
    if (Planted(Plant::kSuspicionNotLoaded)) mailbox->suspect_seen.Set(suspect_);
    ApplySuspicion(*mailbox);
  } else {
    ++stats_.load_failures;
  }
  std::vector<Mailbox::Deferred> calls;
  if (mailbox->rare) calls.swap(mailbox->rare->deferred);
  for (Mailbox::Deferred& call : calls) call(status, *mailbox, effects);
  Unpin(*mailbox);
  Settle(effects);
}

void Shard::HandedOver(Outgoing* outgoing, Effects& effects) {
  MutexLock lock(mutex_);
  handing_over_ = false;
  if (outgoing->mailboxes.empty()) {
    outbox_.Recycle(outgoing);
  } else if (outgoing->meeting.Second()) {
    Conclude(outgoing, effects);
  }  // else Committed takes it up
  Settle(effects);
}

void Shard::Committed(Outgoing* outgoing, Effects& effects) {
  MutexLock lock(mutex_);
  Conclude(outgoing, effects);
  Settle(effects);
}

void Shard::Conclude(Outgoing* outgoing, Effects& effects) {
  --open_calls_;
  const bool ok = outgoing->status.ok();
  if (ok) {
    rewrite_delay_ms_ = 0;
  } else {
    Observe();
    ++stats_.commit_failures;
  }
  for (std::size_t i = 0; Planted(Plant::kRollBack) && !ok && i < outgoing->mailboxes.size(); ++i) {
    RollBack(*outgoing->mailboxes[i], outgoing->batch.mailboxes[i]);
  }
  for (Mailbox* mailbox : outgoing->mailboxes) {
    --mailbox->writes;
    if (!ok && !mailbox->unsaved) {
      mailbox->unsaved = true;
      unsaved_.push_back(mailbox);
    }
    if (ok && mailbox->writes == 0 && !mailbox->unsaved) mailbox->ForgetErased();
    Unpin(*mailbox);
  }
  if (!ok && rewrite_delay_ms_ == 0) {
    rewrite_delay_ms_ = kRewriteFirstMs;
    rewrite_ms_ = now_ms() + rewrite_delay_ms_;
  }
  for (Outgoing::Waiter& waiter : outgoing->waiters) effects.Call(std::move(waiter), outgoing->status);
  outbox_.Recycle(outgoing);
}

bool Shard::Idle() const { return open_calls_ == 0 && !handing_over_ && outbox_.empty(); }

bool Shard::idle() const {
  MutexLock lock(mutex_);
  return Idle();
}

void Shard::WriteUnsaved(Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  if (unsaved_.empty()) return;
  RewriteUnsaved();
  Settle(effects);
}

// Commits take effect in order: whatever failed before is covered by writing the whole mailbox now.
void Shard::RewriteUnsaved() {
  for (Mailbox* mailbox : std::exchange(unsaved_, {})) {
    if (!Planted(Plant::kLoseFailedWrite)) AddWhole(*mailbox, Write(*mailbox));
    mailbox->unsaved = false;
    if (Planted(Plant::kLoseFailedWrite)) Unpin(*mailbox);
  }
  rewrite_delay_ms_ = std::min(std::max(rewrite_delay_ms_, kRewriteFirstMs) * 2, kRewriteMostMs);
  rewrite_ms_ = now_ms() + rewrite_delay_ms_;
}

}  // namespace mailwake
