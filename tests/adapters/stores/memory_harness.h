// SPDX-License-Identifier: Apache-2.0
//
// MemoryHarness: a MemoryDisk, and the MemoryStore that is open on it.

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_MEMORY_HARNESS_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_MEMORY_HARNESS_H_

#include <memory>
#include <utility>

#include "mailwake/adapters/memory_store.h"
#include "mailwake/adapters/store_conformance.h"
#include "tests/support/failing_store.h"

namespace mailwake {

class MemoryHarness : public StoreHarness {
 public:
  std::unique_ptr<Store> Open() override {
    auto store = std::make_unique<FailingStore>(NewMemoryStore(disk_));
    open_ = store.get();
    return store;
  }
  bool Kill(std::unique_ptr<Store> store) override { return store.reset(), true; }  // all it ever said is on the disk already
  bool FailCommits(bool fail) override { return open_->FailCommits(fail), true; }

 private:
  const std::shared_ptr<MemoryDisk> disk_ = NewMemoryDisk();
  FailingStore* open_ = nullptr;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_MEMORY_HARNESS_H_
