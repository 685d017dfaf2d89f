// SPDX-License-Identifier: Apache-2.0
//
// Authenticator: who is asking. The port that front ends use; plug your own directory in here.
//
// Threads:    Authenticate from any thread; `done` on any thread, also before the call returns, exactly once.
// Invariants: (1) a wrong password and an unknown user look alike, in the answer and in the time it takes;
//             (2) a slow check (argon2id takes over 100 ms) never runs on the caller's thread.

#ifndef MAILWAKE_ADAPTERS_AUTHENTICATOR_H_
#define MAILWAKE_ADAPTERS_AUTHENTICATOR_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/cord.h>
#include <absl/strings/string_view.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mailwake/adapters/account_store.h"

namespace mailwake {

struct Account {
  std::string mailbox;      // the one mailbox that this account may reach
  std::uint64_t since = 0;  // the authenticator's own: what Forget was told before it began to look
};

// Where somebody asks from. What is empty is not known.
struct Origin {
  std::string network;  // "192.0.2.0/24"
  std::string device;   // what it calls itself
};

// Unavailable, and when to come back.
inline absl::Status ComeBackIn(std::chrono::seconds wait, std::string_view why) {
  absl::Status status = absl::UnavailableError(absl::string_view(why.data(), why.size()));
  status.SetPayload("mailwake/come_back_in_s", absl::Cord(std::to_string(wait.count())));
  return status;
}
// Zero: it does not say.
inline std::chrono::seconds TimeToComeBack(const absl::Status& status) {
  const auto seconds = status.GetPayload("mailwake/come_back_in_s");
  return std::chrono::seconds(seconds.has_value() ? std::strtoll(std::string(*seconds).c_str(), nullptr, 10) : 0);
}

class Authenticator {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Account>)>;

  virtual ~Authenticator() = default;

  // Errors: Unauthenticated (wrong user or password), Unavailable (too many checks are waiting, or the store cannot be read: say when to
  // come back).
  virtual void Authenticate(std::string user, std::string password, Callback done) = 0;
  // The same for somebody who asks from there: who guesses passwords can be made to wait where he is, and nowhere else. Unavailable may say
  // when to come back (ComeBackIn). Those who do not tell origins apart leave this out.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): those who tell them apart keep it
  virtual void AuthenticateFrom(Origin /*origin*/, std::string user, std::string password, Callback done) {
    Authenticate(std::move(user), std::move(password), std::move(done));
  }
  // The account has changed: what is remembered of it counts no more, at once. Those who remember nothing leave this out.
  virtual void Forget(const std::string& /*user*/) {}
  // Whether this answer still counts: false once Forget was told of the account after the request had come. Ask when something waits under
  // it that whoever called Forget would have ended. Now and then false for another account that was not told of.
  virtual bool Counts(const Account& /*account*/) const { return true; }
};

// How the passwords of an AccountStore are checked.
struct PasswordOptions {
  std::size_t threads = 1;           // that run slow checks
  std::size_t waiting = 256;         // slow checks that may wait; over it Unavailable
  std::size_t remembered = 200'000;  // accounts whose keyed hashes are kept in memory
};

// Checks passwords against `accounts`: {PLAIN-KEYED} (a keyed hash), {ARGON2ID}, {SHA512-CRYPT}, {BLF-CRYPT}. The key file (mode 0600, made
// if missing) keys the remembered hashes. A verified password is remembered as a keyed hash, in memory and in `accounts`, until the
// account's stored value changes; where the store tells of changes (AccountStore::Changes) it is asked every second or so, and a login
// in between costs no look at it: a change counts a second later at the latest, or at once after Forget. `accounts` must outlive the
// result. Errors: PermissionDenied (key file readable by others), DataLoss (wrong length).
// After some wrong passwords of a user from a network, passwords that were not right before are not tried from there for a while, longer
// each time (Unavailable); one that was right before always is. A device that has shown the right password since the start waits only if
// its own count says so too: nobody can lock out an owner whose device is at work, not even after a change of the password, but for who
// says the device's id in the device's network.
absl::StatusOr<std::unique_ptr<Authenticator>> NewPasswordAuthenticator(AccountStore& accounts, const std::string& key_file,
                                                                        const PasswordOptions& options);

// What NewPasswordAuthenticator would say of the key file, which is made if there is none.
absl::Status CheckKeyFile(const std::string& key_file);

// Turns a password into what an AccountStore keeps: argon2id. Slow (over 100 ms).
absl::StatusOr<std::string> HashPassword(std::string_view password);
// Takes "{SCHEME}value" of a Dovecot passwd-file and answers what to store: PLAIN as a keyed hash, the others as given.
// Errors: InvalidArgument for an unknown scheme, a value that is not of its scheme, or one that takes over a second to check.
absl::StatusOr<std::string> ImportPassword(std::string_view scheme_and_value, const std::string& key_file);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_AUTHENTICATOR_H_
