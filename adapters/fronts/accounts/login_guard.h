// SPDX-License-Identifier: Apache-2.0
//
// LoginGuard: how soon another password may be tried after wrong ones. Counted for each user from each network, and for each network: who
// guesses from elsewhere delays nobody but himself.
//
// Threads:    any.
// Example:    if (guard.WaitOf(user, network, now) > 0s) return Busy();  ...  guard.Failed(user, network, now);

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_LOGIN_GUARD_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_LOGIN_GUARD_H_

#include <algorithm>
#include <chrono>
#include <string>

#include "mailwake/adapters/backoff_table.h"

namespace mailwake::internal {

class LoginGuard {
 public:
  static constexpr BackoffRules kOfUser{.free = 5};
  // A carrier's has thousands of phones behind it.
  static constexpr BackoffRules kOfNetwork{.free = 200};

  // Zero: now. An empty network is not counted, and does not wait.
  std::chrono::milliseconds WaitOf(const std::string& user, const std::string& network, BackoffTable::Time now) const {
    if (network.empty()) return std::chrono::milliseconds(0);
    return std::max(users_.WaitOf(Pair(user, network), now), networks_.WaitOf(network, now));
  }
  void Failed(const std::string& user, const std::string& network, BackoffTable::Time now) {
    if (network.empty()) return;
    users_.Failed(Pair(user, network), now);
    networks_.Failed(network, now);
  }

 private:
  static std::string Pair(const std::string& user, const std::string& network) { return network + '\0' + user; }

  BackoffTable users_{kOfUser};
  BackoffTable networks_{kOfNetwork};
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_LOGIN_GUARD_H_
