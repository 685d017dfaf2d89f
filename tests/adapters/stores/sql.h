// SPDX-License-Identifier: Apache-2.0
//
// What an operator would type into the sqlite3 shell.

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_SQL_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_SQL_H_

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace mailwake {

// The last column of the last row.
inline std::string QuerySql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  std::string last;
  auto row = [](void* out, int columns, char** values, char**) {
    *static_cast<std::string*>(out) = values[columns - 1] == nullptr ? "" : values[columns - 1];
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), row, &last, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
  return last;
}

inline void RunSql(const std::string& path, const std::string& sql) { QuerySql(path, sql); }

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_SQL_H_
