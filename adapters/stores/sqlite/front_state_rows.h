// SPDX-License-Identifier: Apache-2.0
//
// FrontStateRows: the FrontState port, as rows.
//
// Threads:    any; the rows are touched by the store's threads.

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_FRONT_STATE_ROWS_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_FRONT_STATE_ROWS_H_

#include <string>

#include "adapters/stores/sqlite/statement.h"
#include "adapters/stores/sqlite/store_threads.h"
#include "mailwake/adapters/front_state.h"

namespace mailwake {

class FrontStateRows : public FrontState {
 public:
  // Both must outlive the calls that are made on it.
  FrontStateRows(Connection& connection, StoreThreads& threads);

  void Load(FrontStateKey key, LoadCallback done) override;
  void Save(FrontStateKey key, std::string value, DoneCallback done) override;

 private:
  StoreThreads& threads_;
  // Of the thread that writes.
  Statement save_, erase_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_FRONT_STATE_ROWS_H_
