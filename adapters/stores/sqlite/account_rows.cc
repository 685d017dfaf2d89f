// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/account_rows.h"

#include <memory>
#include <utility>

namespace mailwake {

AccountRows::AccountRows(Connection& connection, StoreThread& thread)
    : thread_(thread),
      find_(connection, "SELECT password, verified FROM accounts WHERE user = ?"),
      put_(connection, "REPLACE INTO accounts VALUES (?, ?, ?)"),
      remember_(connection, "UPDATE accounts SET verified = ? WHERE user = ? AND password = ?") {}

void AccountRows::Find(std::string user, FindCallback done) {
  auto found = std::make_shared<std::optional<AccountRecord>>();
  thread_.Read(
      [this, user = std::move(user), found] {
        return find_.ForEach(
            [&](const Row& row) {
              *found = AccountRecord{.user = user, .password = row.Text(0), .verified = row.Text(1)};
              return absl::OkStatus();
            },
            user);
      },
      [found, done = std::move(done)](const absl::Status& status) mutable {
        if (!status.ok()) return done(status);
        done(std::move(*found));
      });
}

void AccountRows::Put(std::vector<AccountRecord> accounts, DoneCallback done) {
  thread_.Write(
      [this, accounts = std::move(accounts)] {
        for (const AccountRecord& account : accounts) {
          absl::Status status = put_.Run(account.user, account.password, account.verified);
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      },
      std::move(done));
}

void AccountRows::Remember(std::string user, std::string password, std::string verified, DoneCallback done) {
  thread_.Write([this, user = std::move(user), password = std::move(password),
                 verified = std::move(verified)] { return remember_.Run(verified, user, password); },
                std::move(done));
}

}  // namespace mailwake
