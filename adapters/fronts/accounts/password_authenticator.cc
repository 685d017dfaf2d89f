// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/password_authenticator.h"

#include <absl/strings/str_cat.h>
#include <sodium.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/fronts/accounts/bounded_set.h"
#include "adapters/fronts/accounts/check_pool.h"
#include "adapters/fronts/accounts/login_guard.h"
#include "adapters/fronts/accounts/verified_passwords.h"
#include "mailwake/types.h"

namespace mailwake::internal {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;
// Wrong passwords that are remembered, so that a device with an old one costs one slow check, not one a minute.
constexpr std::size_t kRememberedWrong = 10'000;
// As long as a full queue takes.
constexpr std::chrono::seconds kBusyFor{30};

absl::Status Wrong() { return absl::UnauthenticatedError("the user or the password is wrong"); }

absl::Status Unreadable(const absl::Status& why) {
  return absl::UnavailableError(absl::StrCat("the accounts cannot be read (", std::string(why.message()), "); try again in a minute"));
}

bool IsSlow(PasswordScheme scheme) { return scheme != PasswordScheme::kPlain && scheme != PasswordScheme::kPlainKeyed; }

// Passwords are not left behind in freed memory.
struct Secret {
  explicit Secret(std::string the_text) : text(std::move(the_text)) {}
  ~Secret() { sodium_memzero(text.data(), text.size()); }
  Secret(const Secret&) = delete;

  std::string text;
};

}  // namespace

class PasswordAuthenticator::State : public std::enable_shared_from_this<State> {
 public:
  State(AccountStore& accounts, const KeyedHash& hash, const PasswordOptions& options, SlowCheck check, Clock clock)
      : accounts_(accounts),
        hash_(hash),
        check_(std::move(check)),
        clock_(std::move(clock)),
        right_(hash, options.remembered),
        wrong_(kRememberedWrong),
        pool_(options.threads, options.waiting) {}

  void Find(std::string user, std::string password, Origin origin, Callback done) {
    const VerifiedPasswords::Time now = clock_();
    LookForChanges(now);
    if (const auto forgotten = right_.Holds(user, password, now)) {
      guard_.Right(user, origin);
      return done(Account{.mailbox = std::move(user), .since = *forgotten});
    }
    auto secret = std::make_shared<const Secret>(std::move(password));
    std::string name = user;
    accounts_.Find(std::move(name), [self = shared_from_this(), user = std::move(user), secret, origin = std::move(origin),
                                     forgotten = right_.forgotten(),
                                     done = std::move(done)](absl::StatusOr<std::optional<AccountRecord>> found) mutable {
      if (!found.ok()) return done(Unreadable(found.status()));
      self->Judge({.user = std::move(user), .password = std::move(secret), .origin = std::move(origin), .forgotten = forgotten},
                  *std::move(found), std::move(done));
    });
  }

  void Forget(const std::string& user) { right_.Forget(user); }
  bool Counts(const Account& account) const { return right_.Counts(account.mailbox, account.since); }
  void Stop() { pool_.Stop(); }

 private:
  struct Login {
    std::string user;
    std::shared_ptr<const Secret> password;
    Origin origin;
    std::uint64_t forgotten;  // by right_, before the account was read
  };

  void LookForChanges(VerifiedPasswords::Time now) {
    const auto look = right_.BeginLook(now);
    if (!look) return;
    accounts_.Changes(look->since, [self = shared_from_this(), look = *look](const absl::StatusOr<AccountChanges>& changes) {
      self->right_.EndLook(look, changes);
    });
  }

  void Judge(Login login, std::optional<AccountRecord> account, Callback done) {
    if (account.has_value()) login.user = account->user;  // as the store spells it
    const std::string stored_text = account.has_value() ? account->password : "";
    const std::string& password = login.password->text;
    const std::string token = Token(login.user, stored_text, password);
    const auto right = [&] {
      right_.Add(login.user, password, stored_text, login.forgotten);
      guard_.Right(login.user, login.origin);
      return done(Account{.mailbox = login.user, .since = login.forgotten});
    };
    if (account.has_value() && (right_.Holds(login.user, password, stored_text) || SameSecret(account->verified, ToBase64(token))))
      return right();
    if (wrong_.Contains(token)) return done(Wrong());
    if (const auto wait = guard_.WaitOf(login.user, login.origin, clock_()); wait.count() > 0) {
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
      return done(ComeBackIn(seconds, absl::StrCat("too many wrong passwords; try again in ", seconds.count(), " seconds")));
    }
    std::optional<StoredPassword> stored;
    if (account.has_value()) {
      absl::StatusOr<StoredPassword> parsed = ParseStored(stored_text);
      if (!parsed.ok() || parsed->scheme == PasswordScheme::kPlain) {
        return done(absl::UnavailableError("this account's stored password cannot be read; its owner's administrator must set it again"));
      }
      if (parsed->scheme == PasswordScheme::kPlainKeyed && hash_.CheckPlain(parsed->value, password)) return right();
      if (IsSlow(parsed->scheme)) stored = *std::move(parsed);
    }
    CheckSlowly(std::move(login), stored_text, std::move(stored), token, std::move(done));
  }

  // `stored`: nullopt if no password can be right any more, which must not be told by answering sooner.
  void CheckSlowly(Login login, const std::string& stored_text, std::optional<StoredPassword> stored, const std::string& token,
                   Callback done) {
    const bool hopeless = !stored.has_value();
    if (hopeless) {
      stored = Decoy(login.user);
    } else {
      Observe(*stored);
    }
    // A device that is known has its place whoever floods its network.
    const std::string network = guard_.Knows(login.user, login.origin) ? "" : login.origin.network;
    CheckPool::Request request{.token = token, .user = login.user, .network = network, .check = nullptr};
    request.check = [this, login, hopeless, token, stored_text, stored = *std::move(stored)] {
      const bool right = check_(stored, login.password->text) && !hopeless;
      if (right) {
        right_.Add(login.user, login.password->text, stored_text, login.forgotten);
        guard_.Right(login.user, login.origin);
        accounts_.Remember(login.user, stored_text, ToBase64(token), [](const absl::Status&) {});
      } else {
        wrong_.Add(token);
        guard_.Failed(login.user, login.origin, clock_());
      }
      return right;
    };
    pool_.Check(std::move(request), [this, user = std::move(login.user), since = login.forgotten, stored_text,
                                     done = std::move(done)](CheckPool::Outcome outcome) mutable {
      switch (outcome) {
        case CheckPool::Outcome::kRight:
          return Settle(std::move(user), since, stored_text, std::move(done));
        case CheckPool::Outcome::kWrong:
          return done(Wrong());
        case CheckPool::Outcome::kBusy:
          return done(ComeBackIn(kBusyFor, "too many passwords are being checked; try again in a minute"));
      }
    });
  }

  // The password is right for what was stored. If the account was forgotten during the check, that may be the old one or the new.
  void Settle(std::string user, std::uint64_t since, const std::string& stored_text, Callback done) {
    if (right_.Counts(user, since)) return done(Account{.mailbox = std::move(user), .since = since});
    std::string name = user;
    accounts_.Find(std::move(name), [user = std::move(user), since = right_.forgotten(), stored_text,
                                     done = std::move(done)](const absl::StatusOr<std::optional<AccountRecord>>& found) mutable {
      if (!found.ok()) return done(Unreadable(found.status()));
      if (!found->has_value() || (*found)->password != stored_text) return done(Wrong());
      done(Account{.mailbox = std::move(user), .since = since});
    });
  }

  // What `verified` keeps of an account.
  std::string Token(const std::string& user, const std::string& stored, const std::string& password) const {
    return hash_.Hash("mailwake verified password", {user, stored, password});
  }

  // One stored value of each slow scheme that accounts have, so that unknown users cost what known ones do.
  void Observe(const StoredPassword& stored) {
    MutexLock lock(mutex_);
    for (const StoredPassword& known : observed_) {
      if (known.scheme == stored.scheme) return;
    }
    observed_.push_back(stored);
  }

  // What to check an unknown user's password against, for nothing. Always the same for a user, as a real one's would be.
  StoredPassword Decoy(const std::string& user) {
    const std::string choice = hash_.Hash("mailwake decoy", {user});
    MutexLock lock(mutex_);
    if (observed_.empty()) return DummyPassword();
    return observed_[static_cast<unsigned char>(choice[0]) % observed_.size()];
  }

  AccountStore& accounts_;
  const KeyedHash hash_;
  const SlowCheck check_;
  const Clock clock_;
  VerifiedPasswords right_;
  BoundedSet wrong_;
  LoginGuard guard_;
  Mutex mutex_;
  std::vector<StoredPassword> observed_ ABSL_GUARDED_BY(mutex_);
  CheckPool pool_;  // last: its threads use the others
};

PasswordAuthenticator::PasswordAuthenticator(AccountStore& accounts, const KeyedHash& hash, const PasswordOptions& options, SlowCheck check,
                                             Clock clock)
    : state_(std::make_shared<State>(accounts, hash, options, std::move(check), std::move(clock))) {}

PasswordAuthenticator::~PasswordAuthenticator() { state_->Stop(); }

void PasswordAuthenticator::Authenticate(std::string user, std::string password, Callback done) {
  AuthenticateFrom({}, std::move(user), std::move(password), std::move(done));
}

void PasswordAuthenticator::AuthenticateFrom(Origin origin, std::string user, std::string password, Callback done) {
  if (user.empty() || user.size() > kMaxMailboxBytes || password.empty() || password.size() > kMaxPasswordBytes) return done(Wrong());
  state_->Find(std::move(user), std::move(password), std::move(origin), std::move(done));
}

void PasswordAuthenticator::Forget(const std::string& user) { state_->Forget(user); }

bool PasswordAuthenticator::Counts(const Account& account) const { return state_->Counts(account); }

}  // namespace mailwake::internal

namespace mailwake {

absl::Status CheckKeyFile(const std::string& key_file) { return internal::LoadOrMakeKey(key_file).status(); }

absl::StatusOr<std::unique_ptr<Authenticator>> NewPasswordAuthenticator(AccountStore& accounts, const std::string& key_file,
                                                                        const PasswordOptions& options) {
  absl::StatusOr<internal::SecretKey> key = internal::LoadOrMakeKey(key_file);
  if (!key.ok()) return key.status();
  return std::make_unique<internal::PasswordAuthenticator>(accounts, internal::KeyedHash(*key), options);
}

}  // namespace mailwake
