// SPDX-License-Identifier: Apache-2.0
//
// FailingStore: wraps a store and refuses commits while it is told to, for tests.
//
// Threads:    as the wrapped store.
// Example:    FailingStore store(NewMemoryStore(disk)); store.FailCommits(true);

#ifndef MAILWAKE_TESTS_SUPPORT_FAILING_STORE_H_
#define MAILWAKE_TESTS_SUPPORT_FAILING_STORE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "mailwake/store.h"

namespace mailwake {

class FailingStore : public Store {
 public:
  explicit FailingStore(std::unique_ptr<Store> wrapped) : wrapped_(std::move(wrapped)) {}

  void FailCommits(bool fail) { fail_ = fail; }

  OpenState opened() const override { return wrapped_->opened(); }
  void Load(std::string mailbox, LoadCallback done) override { wrapped_->Load(std::move(mailbox), std::move(done)); }
  void Commit(const WriteBatch& batch, DoneCallback done) override {
    if (fail_) return done(absl::UnavailableError("the test says so"));
    wrapped_->Commit(batch, std::move(done));
  }
  void AgeOut(Time before, AgeOutCallback done) override { wrapped_->AgeOut(before, std::move(done)); }

 private:
  std::unique_ptr<Store> wrapped_;
  std::atomic<bool> fail_ = false;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_SUPPORT_FAILING_STORE_H_
