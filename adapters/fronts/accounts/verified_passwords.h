// SPDX-License-Identifier: Apache-2.0
//
// VerifiedPasswords: for each user the password that was last found right, as keyed hashes. While the store tells of no change, the same
// password again costs no look at the store; after that it costs one, but no slow check.
//
// Threads:    any.
// Cost:       Holds one keyed hash and a look-up; 60 to 120 bytes a user.
// Invariants: (1) an account that has changed in the store is asked for again kGood later at the latest, at once after Forget;
//             (2) what was read of the store before a change, and comes after it, is not kept;
//             (3) at most `most` users, those that came last;
//             (4) whoever was found right before Forget does not count after it.
// Example:    if (const auto look = verified.BeginLook(now)) Ask(*look);  // and then verified.EndLook(*look, changes);
//             if (verified.Holds(user, password, now)) return Right();

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_VERIFIED_PASSWORDS_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_VERIFIED_PASSWORDS_H_

#include <absl/status/statusor.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/fronts/accounts/keyed_hash.h"
#include "mailwake/adapters/account_store.h"
#include "mailwake/adapters/recent_map.h"
#include "mailwake/mutex.h"

namespace mailwake::internal {

class VerifiedPasswords {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // That long after the start of a look which found no change, a user is taken to have none.
  static constexpr std::chrono::milliseconds kGood{1000};

  VerifiedPasswords(const KeyedHash& hash, std::size_t most) : hash_(hash), most_(most), entries_(most) {}

  // It is the user's password, and need not be looked up: what was forgotten until then. Else nullopt.
  std::optional<std::uint64_t> Holds(std::string_view user, std::string_view password, Time now);
  // It is the one that was right for what the store has now.
  bool Holds(std::string_view user, std::string_view password, std::string_view stored);

  // To be asked before the store is read, and given to Add with what was read.
  std::uint64_t forgotten() const;
  // Whether the user has not been forgotten since. False for another now and then: users share what is remembered of that.
  bool Counts(std::string_view user, std::uint64_t forgotten) const;
  void Add(std::string_view user, std::string_view password, std::string_view stored, std::uint64_t forgotten);
  void Forget(std::string_view user);

  // One look at a time at whose passwords have changed, from time to time.
  struct Look {
    std::optional<std::uint64_t> since;  // AccountStore::Changes
    Time began;
  };
  // nullopt: not yet.
  std::optional<Look> BeginLook(Time now);
  void EndLook(const Look& look, const absl::StatusOr<AccountChanges>& changes);

 private:
  using Digest = std::array<char, 16>;
  struct Entry {
    Digest bare{};   // of user and password; zero: the store has to be asked
    Digest whole{};  // with what is stored
  };

  Digest Of(std::string_view purpose, std::initializer_list<std::string_view> parts) const;
  void Drop(std::string_view user) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const KeyedHash hash_;
  const std::size_t most_;
  mutable Mutex mutex_;
  RecentMap<std::size_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by the hash of the user
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<std::atomic<std::uint64_t>, 1024> dropped_{};       // forgotten_ after the last of these users was; by the hash of the user
  std::optional<std::uint64_t> number_ ABSL_GUARDED_BY(mutex_);  // of the last look
  std::optional<Time> looked_ ABSL_GUARDED_BY(mutex_);           // began the last one that could tell
  std::optional<Time> began_ ABSL_GUARDED_BY(mutex_);            // the last one at all
  bool looking_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_VERIFIED_PASSWORDS_H_
