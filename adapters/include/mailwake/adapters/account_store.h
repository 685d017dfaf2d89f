// SPDX-License-Identifier: Apache-2.0
//
// AccountStore: where accounts live. A port of its own, so that a Store need not know of accounts.
//
// Threads:    from any thread; callbacks on any thread, also before the call returns, exactly once.

#ifndef MAILWAKE_ADAPTERS_ACCOUNT_STORE_H_
#define MAILWAKE_ADAPTERS_ACCOUNT_STORE_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

namespace mailwake {

struct AccountRecord {
  std::string user = {};      // the mailbox id too
  std::string password = {};  // "{SCHEME}value"
  std::string verified = {};  // keyed hash of the last password that was verified; empty: none
  friend bool operator==(const AccountRecord&, const AccountRecord&) = default;
};

class AccountStore {
 public:
  using FindCallback = absl::AnyInvocable<void(absl::StatusOr<std::optional<AccountRecord>>)>;
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;

  virtual ~AccountStore() = default;

  // nullopt: no such user.
  virtual void Find(std::string user, FindCallback done) = 0;
  // Adds or replaces accounts, all or none. Clears `verified` unless it is given.
  virtual void Put(std::vector<AccountRecord> accounts, DoneCallback done) = 0;
  // Keeps the keyed hash of a verified password, if the account still has `password`.
  virtual void Remember(std::string user, std::string password, std::string verified, DoneCallback done) = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_ACCOUNT_STORE_H_
