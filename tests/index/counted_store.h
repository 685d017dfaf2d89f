// SPDX-License-Identifier: Apache-2.0
//
// CountedStore: a store that tells which mailboxes are read from it, and how many folders are erased; all else is another store's.
//
// Threads:    those of the other store.

#ifndef MAILWAKE_TESTS_INDEX_COUNTED_STORE_H_
#define MAILWAKE_TESTS_INDEX_COUNTED_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "mailwake/store.h"

namespace mailwake::testing {

class CountedStore : public Store {
 public:
  CountedStore(std::unique_ptr<Store> store, std::function<void(const std::string&)> read, std::uint64_t& erased)
      : store_(std::move(store)), read_(std::move(read)), erased_(erased) {}

  OpenState opened() const override { return store_->opened(); }
  void Load(std::string mailbox, LoadCallback done) override {
    read_(mailbox);
    store_->Load(std::move(mailbox), std::move(done));
  }
  void Commit(const WriteBatch& batch, DoneCallback done) override {
    for (const MailboxWrite& write : batch.mailboxes) erased_ += write.erased_folders.size();
    store_->Commit(batch, std::move(done));
  }
  void AgeOut(Time before, AgeOutCallback done) override { store_->AgeOut(before, std::move(done)); }

 private:
  const std::unique_ptr<Store> store_;
  const std::function<void(const std::string&)> read_;
  std::uint64_t& erased_;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_INDEX_COUNTED_STORE_H_
