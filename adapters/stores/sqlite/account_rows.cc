// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/account_rows.h"

#include <memory>
#include <utility>

namespace mailwake {
namespace {

constexpr const char* kFind = "SELECT password, verified FROM accounts WHERE user = ? AND password <> ''";
constexpr const char* kChangesNow = "SELECT account_changes FROM meta";
constexpr const char* kChanged = "SELECT user FROM accounts WHERE changed > ?";
constexpr const char* kBlocked = "SELECT mailbox, device FROM front_state WHERE front = 'blocked'";

}  // namespace

AccountRows::AccountRows(Connection& connection, StoreThreads& threads)
    : threads_(threads),
      count_(connection, "UPDATE meta SET account_changes = account_changes + 1"),
      // The same password again is no change: what waits under it may go on.
      put_(connection,
           "INSERT INTO accounts VALUES (?, ?, ?, (SELECT account_changes FROM meta)) ON CONFLICT (user) DO UPDATE SET"
           " changed = iif(password = excluded.password, changed, excluded.changed), password = excluded.password,"
           " verified = excluded.verified"),
      remove_(connection,
              "UPDATE accounts SET password = '', verified = '', changed = (SELECT account_changes FROM meta) WHERE user = ?"
              " AND password <> ''"),
      block_(connection, "REPLACE INTO front_state VALUES ('blocked', ?, ?, x'01')"),
      unblock_(connection, "DELETE FROM front_state WHERE front = 'blocked' AND mailbox = ? AND device = ?"),
      remember_(connection, "UPDATE accounts SET verified = ? WHERE user = ? AND password = ?") {}

void AccountRows::Find(std::string user, FindCallback done) {
  auto found = std::make_shared<std::optional<AccountRecord>>();
  threads_.Read(
      {},
      [user = std::move(user), found](Connection& reader, const std::string&) {
        return reader.Kept(kFind).ForEach(
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
  threads_.Write(
      [this, accounts = std::move(accounts)] {
        absl::Status counted = count_.Run();
        if (!counted.ok()) return counted;
        for (const AccountRecord& account : accounts) {
          absl::Status status = put_.Run(account.user, account.password, account.verified);
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      },
      std::move(done));
}

void AccountRows::Remove(std::string user, DoneCallback done) {
  threads_.Write(
      [this, user = std::move(user)] {
        absl::Status counted = count_.Run();
        return counted.ok() ? remove_.Run(user) : counted;
      },
      std::move(done));
}

void AccountRows::Block(BlockedDevice device, bool blocked, DoneCallback done) {
  threads_.Write(
      [this, device = std::move(device), blocked] {
        absl::Status counted = count_.Run();
        return counted.ok() ? (blocked ? block_ : unblock_).Run(device.user, device.device) : counted;
      },
      std::move(done));
}

void AccountRows::Remember(std::string user, std::string password, std::string verified, DoneCallback done) {
  threads_.Write([this, user = std::move(user), password = std::move(password),
                  verified = std::move(verified)] { return remember_.Run(verified, user, password); },
                 std::move(done));
}

void AccountRows::Changes(std::optional<std::uint64_t> since, ChangesCallback done) {
  auto changes = std::make_shared<AccountChanges>();
  threads_.Read(
      {},
      [since, changes](Connection& reader, const std::string&) {
        absl::Status status =
            reader.Kept(kChangesNow).ForEach([&](const Row& row) { return changes->number = row.UInt(0), absl::OkStatus(); });
        if (!status.ok() || since == changes->number) return status;
        status = reader.Kept(kBlocked).ForEach([&](const Row& row) {
          return changes->blocked.push_back({row.Text(0), row.Text(1)}), absl::OkStatus();
        });
        if (!status.ok() || !since) return status;
        return reader.Kept(kChanged).ForEach([&](const Row& row) { return changes->users.push_back(row.Text(0)), absl::OkStatus(); },
                                             *since);
      },
      [changes, done = std::move(done)](const absl::Status& status) mutable {
        if (!status.ok()) return done(status);
        done(std::move(*changes));
      });
}

}  // namespace mailwake
