// SPDX-License-Identifier: Apache-2.0
//
// SqliteHarness: a store file in a directory of its own, on a disk that can fail and lose power.

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_SQLITE_HARNESS_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_SQLITE_HARNESS_H_

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>

#include "mailwake/adapters/sqlite_store.h"
#include "mailwake/adapters/store_conformance.h"
#include "tests/adapters/stores/fault_disk.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {

class SqliteHarness : public StoreHarness {
 public:
  SqliteHarness() { FaultDisk::Install(); }

  std::unique_ptr<Store> Open() override {
    absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenSqliteStore(directory_.File("store.db"));
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  bool Kill(std::unique_ptr<Store> store) override {
    FaultDisk::Freeze();
    store.reset();
    FaultDisk::LosePower();
    return true;
  }

  bool FailCommits(bool fail) override {
    FaultDisk::FailWrites(fail ? SQLITE_FULL : SQLITE_OK);
    return true;
  }

 private:
  TempDir directory_;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_SQLITE_HARNESS_H_
