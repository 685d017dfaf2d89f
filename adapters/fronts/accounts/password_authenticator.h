// SPDX-License-Identifier: Apache-2.0
//
// PasswordAuthenticator: passwords against an AccountStore, at the price of one slow check a password, not one a request.
//
// Threads:    as Authenticator says; slow checks run on the pool's threads.
// Cost:       a remembered password: one keyed hash; now and then, or where the store does not tell what changes, a look-up in it too.
// Invariants: (1) what is remembered is a keyed hash, with the stored value in it or good for a second: a changed account is checked anew;
//             (2) no answer says whether the user exists: an unknown one costs a slow check of the kind that a known one may cost.

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_AUTHENTICATOR_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_AUTHENTICATOR_H_

#include <chrono>
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
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  PasswordAuthenticator(AccountStore& accounts, const KeyedHash& hash, const PasswordOptions& options, SlowCheck check = CheckSlow,
                        Clock clock = std::chrono::steady_clock::now);
  // Checks that wait end Unavailable. REQUIRES: not called by a callback.
  ~PasswordAuthenticator() override;

  void Authenticate(std::string user, std::string password, Callback done) override;
  void AuthenticateFrom(Origin origin, std::string user, std::string password, Callback done) override;
  void Forget(const std::string& user) override;
  bool Counts(const Account& account) const override;

 private:
  class State;

  const std::shared_ptr<State> state_;  // shared with look-ups that the store has not answered yet
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_PASSWORD_AUTHENTICATOR_H_
