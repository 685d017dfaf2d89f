// SPDX-License-Identifier: Apache-2.0
//
// PasswordAuthenticator: passwords against an AccountStore, at the price of one slow check a password, not one a request.
//
// Threads:    as Authenticator says; slow checks run on the pool's threads.
// Cost:       a remembered password: one look-up in the store and two keyed hashes.
// Invariants: (1) what is remembered is a keyed hash over user, stored value and password: a changed account is checked anew;
//             (2) no answer says whether the user exists: an unknown one costs a slow check of the kind that a known one may cost.

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_AUTHENTICATOR_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_AUTHENTICATOR_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/fronts/accounts/keyed_hash.h"
#include "adapters/fronts/accounts/password_scheme.h"
#include "mailwake/adapters/authenticator.h"

namespace mailwake::internal {

using SlowCheck = std::function<bool(const StoredPassword& stored, std::string_view password)>;

class PasswordAuthenticator final : public Authenticator {
 public:
  PasswordAuthenticator(AccountStore& accounts, const KeyedHash& hash, const PasswordOptions& options, SlowCheck check = CheckSlow);
  // Checks that wait end Unavailable. REQUIRES: not called by a callback.
  ~PasswordAuthenticator() override;

  void Authenticate(std::string user, std::string password, Callback done) override;

 private:
  class State;

  const std::shared_ptr<State> state_;  // shared with look-ups that the store has not answered yet
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_AUTHENTICATOR_H_
