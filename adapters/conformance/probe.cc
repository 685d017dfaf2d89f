// SPDX-License-Identifier: Apache-2.0

#include "adapters/conformance/probe.h"

#include <algorithm>

namespace mailwake {
namespace {

void Sort(MailboxRecord& record) {
  std::ranges::sort(record.folders, {}, &FolderRecord::id);
  std::ranges::sort(record.devices, {}, &DeviceRecord::id);
  for (DeviceRecord& device : record.devices) std::ranges::sort(device.cursors, {}, &CursorRecord::folder);
}

}  // namespace

StoreProbe::StoreProbe(std::unique_ptr<StoreHarness> harness) : harness_(std::move(harness)), store_(harness_->Open()) {}

StoreProbe::~StoreProbe() { Close(); }

std::shared_ptr<Answer<absl::Status>> StoreProbe::StartCommit(WriteBatch batch) {
  auto answer = std::make_shared<Answer<absl::Status>>();
  ++unanswered_;
  store_->CommitOwned(std::move(batch), [this, answer](absl::Status status) {
    answer->Set(std::move(status));
    --unanswered_;
  });
  return answer;
}

std::shared_ptr<Answer<absl::StatusOr<MailboxRecord>>> StoreProbe::StartLoad(const std::string& mailbox) {
  auto answer = std::make_shared<Answer<absl::StatusOr<MailboxRecord>>>();
  ++unanswered_;
  store_->Load(mailbox, [this, answer](absl::StatusOr<MailboxRecord> record) {
    answer->Set(std::move(record));
    --unanswered_;
  });
  return answer;
}

absl::Status StoreProbe::Commit(WriteBatch batch) {
  return StartCommit(std::move(batch))->Get().value_or(absl::DeadlineExceededError("no callback"));
}

absl::Status StoreProbe::Commit(MailboxWrite write) {
  WriteBatch batch;
  batch.mailboxes.push_back(std::move(write));
  return Commit(std::move(batch));
}

MailboxRecord StoreProbe::Load(const std::string& mailbox) {
  absl::StatusOr<MailboxRecord> record = StartLoad(mailbox)->Get().value_or(absl::DeadlineExceededError("no callback"));
  if (!record.ok()) {
    ADD_FAILURE() << "load: " << record.status();
    return {};
  }
  Sort(*record);
  return *std::move(record);
}

std::size_t StoreProbe::AgeOut(Time before) {
  auto answer = std::make_shared<Answer<absl::StatusOr<std::size_t>>>();
  ++unanswered_;
  store_->AgeOut(before, [this, answer](absl::StatusOr<std::size_t> forgotten) {
    answer->Set(std::move(forgotten));
    --unanswered_;
  });
  absl::StatusOr<std::size_t> forgotten = answer->Get().value_or(absl::DeadlineExceededError("no callback"));
  if (!forgotten.ok()) ADD_FAILURE() << "age out: " << forgotten.status();
  return forgotten.value_or(0);
}

void StoreProbe::Reopen() {
  Close();
  store_ = harness_->Open();
}

bool StoreProbe::KillAndReopen() {
  const bool killed = harness_->Kill(std::move(store_));
  ExpectAllAnswered();
  store_ = harness_->Open();
  return killed;
}

void StoreProbe::Close() {
  store_.reset();
  ExpectAllAnswered();
}

void StoreProbe::ExpectAllAnswered() { EXPECT_EQ(unanswered_, 0) << "callbacks that never came before the store was gone"; }

void ExpectSame(const MailboxRecord& got, const MailboxRecord& want) {
  EXPECT_EQ(got.declared, want.declared);
  EXPECT_EQ(got.hierarchy, want.hierarchy);
  EXPECT_EQ(got.folders, want.folders);
  EXPECT_EQ(got.devices, want.devices);
}

void PrintTo(const FolderRecord& folder, std::ostream* out) {
  *out << "folder " << testing::PrintToString(folder.id) << " (" << Name(folder.item_class) << ") version " << folder.version << " other "
       << folder.other << " origin " << testing::PrintToString(folder.origin) << " host_version " << folder.host_version << " declared "
       << folder.declared << " name " << testing::PrintToString(folder.name) << " type " << folder.type << " parent "
       << testing::PrintToString(folder.parent) << " position " << folder.position;
}

void PrintTo(const DeviceRecord& device, std::ostream* out) {
  *out << "device " << testing::PrintToString(device.id) << " last_seen " << device.last_seen.time_since_epoch().count();
  if (device.hierarchy_cursor) *out << " hierarchy_cursor " << *device.hierarchy_cursor;
  if (device.heartbeat) *out << " heartbeat " << device.heartbeat->count();
  if (device.folders) {
    *out << " folders [";
    for (const RememberedFolder& folder : *device.folders)
      *out << ' ' << testing::PrintToString(folder.id) << ':' << Name(folder.item_class);
    *out << " ]";
  }
  for (const CursorRecord& cursor : device.cursors) *out << " cursor " << testing::PrintToString(cursor.folder) << '=' << cursor.cursor;
}

void PrintTo(const StoreHarnessFactory&, std::ostream* out) { *out << "harness"; }

}  // namespace mailwake
