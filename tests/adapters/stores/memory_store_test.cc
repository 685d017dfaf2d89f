// SPDX-License-Identifier: Apache-2.0

#include "mailwake/adapters/memory_store.h"

#include <gtest/gtest.h>

#include "tests/adapters/stores/memory_harness.h"

namespace mailwake {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values([] { return std::make_unique<MemoryHarness>(); }));

TEST(MemoryStore, HasADiskOfItsOwnIfNoneIsGiven) {
  std::unique_ptr<Store> one = NewMemoryStore(), other = NewMemoryStore();
  one->CommitOwned({.mailboxes = {{.mailbox = "ann", .folders = {{.id = "f"}}}}},
                   [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  bool called = false;
  other->Load("ann", [&called](absl::StatusOr<MailboxRecord> record) { called = record.ok() && record->folders.empty(); });
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace mailwake
