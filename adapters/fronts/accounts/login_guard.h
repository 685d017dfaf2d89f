// SPDX-License-Identifier: Apache-2.0
//
// LoginGuard: how soon another password may be tried after wrong ones. Counted for each user from each network, and for each network: who
// guesses from elsewhere delays nobody but himself. A device that has shown the right password before is counted by itself too, and waits
// only if both counts say so: who guesses in its network, behind the same address even, does not delay it, nor does who says its id
// elsewhere.
//
// Threads:    any.
// Example:    if (guard.WaitOf(user, origin, now) > 0s) return Busy();
//             Check() ? guard.Right(user, origin) : guard.Failed(user, origin, now);

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_LOGIN_GUARD_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_LOGIN_GUARD_H_

#include <algorithm>
#include <chrono>
#include <string>

#include "adapters/fronts/accounts/known_devices.h"
#include "mailwake/adapters/authenticator.h"
#include "mailwake/adapters/backoff_table.h"

namespace mailwake::internal {

class LoginGuard {
 public:
  static constexpr BackoffRules kOfUser{.free = 5};
  // A carrier's has thousands of phones behind it, of which some are new: they get their turn soon.
  static constexpr BackoffRules kOfNetwork{.free = 200, .longest = std::chrono::seconds(4)};

  // Zero: now. An empty network is not counted, and does not wait.
  std::chrono::milliseconds WaitOf(const std::string& user, const Origin& origin, BackoffTable::Time now) const {
    if (origin.network.empty()) return std::chrono::milliseconds(0);
    const auto wait = std::max(users_.WaitOf(Pair(user, origin.network), now), networks_.WaitOf(origin.network, now));
    return Knows(user, origin) ? std::min(wait, devices_.WaitOf(Pair(user, origin.device), now)) : wait;
  }
  void Failed(const std::string& user, const Origin& origin, BackoffTable::Time now) {
    if (origin.network.empty()) return;
    if (Knows(user, origin)) devices_.Failed(Pair(user, origin.device), now);
    users_.Failed(Pair(user, origin.network), now);
    networks_.Failed(origin.network, now);
  }
  bool Knows(const std::string& user, const Origin& origin) const { return known_.Contains(user, origin.device); }
  void Right(const std::string& user, const Origin& origin) { known_.Add(user, origin.device); }

 private:
  static std::string Pair(const std::string& user, const std::string& other) { return other + '\0' + user; }

  KnownDevices known_;
  BackoffTable users_{kOfUser};
  BackoffTable networks_{kOfNetwork};
  BackoffTable devices_{kOfUser};
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_LOGIN_GUARD_H_
