// SPDX-License-Identifier: Apache-2.0
//
// AccountRows: the AccountStore port, as rows.
//
// Threads:    any; the rows are touched by the store's threads.
// Invariants: (1) nothing is kept in memory, so that an account written by another process is found at once;
//             (2) a removed account leaves a row without a password, which no account has, so that Changes can tell of it;
//             (3) blocked devices are rows of front_state, which outlive what else is kept of the device.

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_ACCOUNT_ROWS_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_ACCOUNT_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/stores/sqlite/statement.h"
#include "adapters/stores/sqlite/store_threads.h"
#include "mailwake/adapters/account_store.h"

namespace mailwake {

class AccountRows : public AccountStore {
 public:
  // Both must outlive the calls that are made on it.
  AccountRows(Connection& connection, StoreThreads& threads);

  void Find(std::string user, FindCallback done) override;
  void Put(std::vector<AccountRecord> accounts, DoneCallback done) override;
  void Remove(std::string user, DoneCallback done) override;
  void Block(BlockedDevice device, bool blocked, DoneCallback done) override;
  void Remember(std::string user, std::string password, std::string verified, DoneCallback done) override;
  void Changes(std::optional<std::uint64_t> since, ChangesCallback done) override;

 private:
  StoreThreads& threads_;
  // Of the thread that writes.
  Statement count_, put_, remove_, block_, unblock_, remember_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_ACCOUNT_ROWS_H_
