// SPDX-License-Identifier: Apache-2.0
//
// LoggedHarness: any harness, with a LoggingStore around its store.

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_LOGGED_HARNESS_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_LOGGED_HARNESS_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mailwake/adapters/logging_store.h"
#include "mailwake/adapters/store_conformance.h"

namespace mailwake {

// A LoggingStore together with the store that it wraps: they open and close as one.
class LoggedStore : public Store {
 public:
  explicit LoggedStore(std::unique_ptr<Store> wrapped) : wrapped_(std::move(wrapped)) {}

  std::unique_ptr<Store> TakeWrapped() { return std::move(wrapped_); }

  OpenState opened() const override { return logging_->opened(); }
  void Load(std::string mailbox, LoadCallback done) override { logging_->Load(std::move(mailbox), std::move(done)); }
  void Commit(const WriteBatch& batch, DoneCallback done) override { logging_->Commit(batch, std::move(done)); }
  void AgeOut(Time before, AgeOutCallback done) override { logging_->AgeOut(before, std::move(done)); }

 private:
  std::unique_ptr<Store> wrapped_;
  std::unique_ptr<Store> logging_ = NewLoggingStore(*wrapped_, [](std::string_view line) { EXPECT_FALSE(line.empty()); });
};

class LoggedHarness : public StoreHarness {
 public:
  explicit LoggedHarness(std::unique_ptr<StoreHarness> harness) : harness_(std::move(harness)) {}

  std::unique_ptr<Store> Open() override { return std::make_unique<LoggedStore>(harness_->Open()); }
  bool Kill(std::unique_ptr<Store> store) override { return harness_->Kill(static_cast<LoggedStore&>(*store).TakeWrapped()); }
  bool FailCommits(bool fail) override { return harness_->FailCommits(fail); }

 private:
  std::unique_ptr<StoreHarness> harness_;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_LOGGED_HARNESS_H_
