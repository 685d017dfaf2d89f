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

#include <cstdint>
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

struct BlockedDevice {
  std::string user = {};
  std::string device = {};
  friend auto operator<=>(const BlockedDevice&, const BlockedDevice&) = default;
};

struct AccountChanges {
  std::uint64_t number = 0;  // give it the next time
  std::vector<std::string> users = {};
  std::vector<BlockedDevice> blocked = {};  // all that there are, if `number` is another than the one that was given
};

class AccountStore {
 public:
  using FindCallback = absl::AnyInvocable<void(absl::StatusOr<std::optional<AccountRecord>>)>;
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;
  using ChangesCallback = absl::AnyInvocable<void(absl::StatusOr<AccountChanges>)>;

  virtual ~AccountStore() = default;

  // nullopt: no such user.
  virtual void Find(std::string user, FindCallback done) = 0;
  // Adds or replaces accounts, all or none. Clears `verified` unless it is given.
  virtual void Put(std::vector<AccountRecord> accounts, DoneCallback done) = 0;
  // NOLINTBEGIN(performance-unnecessary-value-param): stores that can do it keep what they are given
  // From now on there is no such user, until somebody puts it again. OK if there was none.
  virtual void Remove(std::string /*user*/, DoneCallback done) { done(absl::UnimplementedError("this store cannot remove accounts")); }
  // A device that the front ends turn away, or no more; whether there is such a user or not.
  virtual void Block(BlockedDevice /*device*/, bool /*blocked*/, DoneCallback done) {
    done(absl::UnimplementedError("this store cannot block devices"));
  }
  // NOLINTEND(performance-unnecessary-value-param)
  // Keeps the keyed hash of a verified password, if the account still has `password`.
  virtual void Remember(std::string user, std::string password, std::string verified, DoneCallback done) = 0;
  // Who was removed or got another password since that number was told, by whatever process, and which devices are blocked: asked every
  // second, so that what waits under an old password can be ended. nullopt: nobody, only the number to begin with and the devices; 0: this
  // store cannot tell. A store without such numbers leaves this out, and is asked for the account with every request.
  virtual void Changes(std::optional<std::uint64_t> since, ChangesCallback done) { done(AccountChanges{.number = since.value_or(0)}); }
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_ACCOUNT_STORE_H_
