// SPDX-License-Identifier: Apache-2.0
//
// The SQLite store passes the suite, on a disk that fails and loses power; alone, and with the logging store around it.

#include <gtest/gtest.h>

#include "tests/adapters/stores/logged_harness.h"
#include "tests/adapters/stores/sqlite_harness.h"

namespace mailwake {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values([] { return std::make_unique<SqliteHarness>(); }));
INSTANTIATE_TEST_SUITE_P(LoggedSqlite, StoreConformance,
                         testing::Values([] { return std::make_unique<LoggedHarness>(std::make_unique<SqliteHarness>()); }));

}  // namespace
}  // namespace mailwake
