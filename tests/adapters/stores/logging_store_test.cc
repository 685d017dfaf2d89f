// SPDX-License-Identifier: Apache-2.0

#include "mailwake/adapters/logging_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/adapters/stores/logged_harness.h"
#include "tests/adapters/stores/memory_harness.h"

namespace mailwake {
namespace {

using testing::ElementsAre;

INSTANTIATE_TEST_SUITE_P(LoggedMemory, StoreConformance,
                         testing::Values([] { return std::make_unique<LoggedHarness>(std::make_unique<MemoryHarness>()); }));

class LoggingStore : public testing::Test {
 protected:
  FailingStore wrapped_{NewMemoryStore()};
  std::vector<std::string> lines_;
  std::unique_ptr<Store> store_ = NewLoggingStore(wrapped_, [this](std::string_view line) { lines_.emplace_back(line); });
};

TEST_F(LoggingStore, SaysEachCallAndItsOutcomeInOneLine) {
  store_->CommitOwned({.ceiling = 9, .mailboxes = {{.mailbox = "ann", .folders = {{.id = "f"}}}}}, [](const absl::Status&) {});
  store_->Load("ann", [](const absl::StatusOr<MailboxRecord>&) {});
  store_->AgeOut(Time(std::chrono::milliseconds(5)), [](const absl::StatusOr<std::size_t>&) {});
  EXPECT_THAT(lines_, ElementsAre("commit 1 mailboxes, ceiling 9: OK", "load ann: 1 folders, 0 devices", "age out before 5 ms: 0 devices"));
}

TEST_F(LoggingStore, SaysErrors) {
  wrapped_.FailCommits(true);
  store_->CommitOwned({.suspect = 3}, [](const absl::Status&) {});
  EXPECT_THAT(lines_, ElementsAre("commit 0 mailboxes, suspect 3: UNAVAILABLE: the test says so"));
}

TEST_F(LoggingStore, CannotBeMadeToForgeALine) {
  store_->Load("ann\ncommit 1 mailboxes: OK", [](const absl::StatusOr<MailboxRecord>&) {});
  EXPECT_THAT(lines_, ElementsAre("load ann\\ncommit 1 mailboxes: OK: 0 folders, 0 devices"));
}

}  // namespace
}  // namespace mailwake
