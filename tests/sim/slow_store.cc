// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/slow_store.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "engine/src/plant.h"
#include "tests/sim/names.h"

namespace mailwake::sim {

SlowStore::SlowStore(EventQueue& queue, std::unique_ptr<OpenDisk> disk, Random random, std::int64_t slowest_ms,
                     std::function<void(int)> settle)
    : queue_(queue),
      disk_(std::move(disk)),
      random_(random),
      slowest_ms_(slowest_ms),
      settle_(std::move(settle)),
      self_(std::make_shared<SlowStore*>(this)) {}

SlowStore::~SlowStore() { *self_ = nullptr; }

void SlowStore::Load(std::string mailbox, LoadCallback done) {
  ++loads_;
  ++loading_[NumberOf(mailbox)];
  Add({.kind = Operation::kLoad, .mailbox = std::move(mailbox), .load_done = std::move(done)});
}

void SlowStore::Commit(const WriteBatch& batch, DoneCallback done) {
  if (slow()) Note(submitted_, batch);
  if (!Planted(Plant::kDoneBeforeCommit)) return Add({.kind = Operation::kCommit, .batch = &batch, .done = std::move(done)});
  Add({.kind = Operation::kCommit, .batch = &answered_.emplace_back(batch), .done = [](const absl::Status&) {}});
  done(absl::OkStatus());
}

void SlowStore::AgeOut(Time before, AgeOutCallback done) {
  Add({.kind = Operation::kAgeOut, .before = before, .age_out_done = std::move(done)});
}

void SlowStore::State::Load(FrontStateKey key, LoadCallback done) {
  store_.Add({.kind = Operation::kLoadState, .key = std::move(key), .state_done = std::move(done)});
}

void SlowStore::State::Save(FrontStateKey key, std::string value, DoneCallback done) {
  store_.Add({.kind = Operation::kSaveState, .key = std::move(key), .value = std::move(value), .done = std::move(done)});
}

void SlowStore::Note(Versions& versions, const WriteBatch& batch) {
  for (const MailboxWrite& write : batch.mailboxes) {
    const int mailbox = NumberOf(write.mailbox);
    for (const std::string& gone : write.erased_folders) versions.erase(Key(mailbox, NumberOf(gone)));
    for (const FolderRecord& folder : write.folders) versions[Key(mailbox, NumberOf(folder.id))] = folder.version;
  }
}

void SlowStore::Add(Operation operation) {
  if (dead_) return;
  if (!slow() && waiting_.empty()) return Run(std::move(operation));
  // A disk has quick and slow moments; calls keep their order.
  const std::int64_t takes =
      slow() ? std::max<std::int64_t>(1, random_.Chance(0.2) ? random_.Between(1, slowest_ms_) : slowest_ms_ / 20) : 0;
  last_due_ = std::max(last_due_, queue_.now() + Duration(takes));
  operation.due = last_due_;
  waiting_.push_back(std::move(operation));
  if (waiting_.size() == 1) Arm();
}

std::size_t SlowStore::waiting_mailboxes() const {
  std::size_t count = 0;
  for (const Operation& operation : waiting_) count += operation.batch == nullptr ? 1 : operation.batch->mailboxes.size();
  return count;
}

void SlowStore::Arm() {
  queue_.At(waiting_.front().due, [self = self_] {
    if (*self != nullptr) (*self)->RunDue();
  });
}

void SlowStore::RunDue() {
  if (waiting_.empty() || dead_) return;
  Operation operation = std::move(waiting_.front());
  waiting_.pop_front();
  if (!waiting_.empty()) Arm();
  const int mailbox = NumberOf(operation.mailbox);
  Run(std::move(operation));
  settle_(mailbox);
}

void SlowStore::Finish() {
  for (std::size_t left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
    Operation operation = std::move(waiting_.front());
    waiting_.pop_front();
    Run(std::move(operation));
  }
}

absl::Status SlowStore::Refusal() const {
  const std::string text = std::string(kDiskSays) + (failing_.full ? "the disk is full" : "the disk does not answer");
  return failing_.full ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

// Calls the real store and waits: a store with a thread of its own answers there.
template <typename Result, typename Call>
Result SlowStore::Wait(Call call) {
  if (!disk_->threaded()) {
    std::optional<Result> answer;
    call([&answer](Result result) { answer = std::move(result); });
    return *std::move(answer);
  }
  std::promise<Result> answer;
  call([&answer](Result result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

absl::Status SlowStore::Apply(const Operation& operation) {
  if (operation.kind == Operation::kSaveState) {
    return Wait<absl::Status>([&](auto done) { disk_->state().Save(operation.key, operation.value, std::move(done)); });
  }
  if (slow()) Note(durable_, *operation.batch);
  return Wait<absl::Status>([&](auto done) { disk_->store().Commit(*operation.batch, std::move(done)); });
}

void SlowStore::Run(Operation operation) {
  const bool writes = operation.kind == Operation::kCommit || operation.kind == Operation::kSaveState;
  bool fails = writes ? failing_.commits : failing_.loads;
  if (!fails && random_.Chance(fails_one_)) {
    fails = true;
    ++failed_alone_;
  }
  failures_ += fails;
  switch (operation.kind) {
    case Operation::kCommit:
    case Operation::kSaveState:
      return operation.done(fails ? Refusal() : Apply(operation));
    case Operation::kAgeOut:
      if (fails) return operation.age_out_done(Refusal());
      return operation.age_out_done(
          Wait<absl::StatusOr<std::size_t>>([&](auto done) { disk_->store().AgeOut(operation.before, std::move(done)); }));
    case Operation::kLoadState:
      if (fails) return operation.state_done(Refusal());
      return operation.state_done(
          Wait<absl::StatusOr<std::string>>([&](auto done) { disk_->state().Load(operation.key, std::move(done)); }));
    case Operation::kLoad:
      break;
  }
  const int mailbox = NumberOf(operation.mailbox);
  if (--loading_[mailbox] == 0) loading_.erase(mailbox);
  if (fails) {
    unread_.insert(mailbox);
    if (load_failed) load_failed(mailbox);
    return operation.load_done(Refusal());
  }
  unread_.erase(mailbox);
  operation.load_done(Wait<absl::StatusOr<MailboxRecord>>([&](auto done) { disk_->store().Load(operation.mailbox, std::move(done)); }));
}

void SlowStore::Lose(std::size_t kept) {
  dead_ = true;
  for (std::size_t i = 0; i < std::min(kept, waiting_.size()); ++i) {
    const Operation& operation = waiting_[i];
    const bool writes = operation.kind == Operation::kCommit || operation.kind == Operation::kSaveState;
    if (writes && !failing_.commits) (void)Apply(operation);
  }
  // What a callback holds may call again when it goes: it meets a dead store.
  std::deque<Operation> dropped;
  dropped.swap(waiting_);
}

}  // namespace mailwake::sim
