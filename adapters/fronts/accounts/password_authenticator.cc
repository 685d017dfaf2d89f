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
#include "mailwake/types.h"

namespace mailwake::internal {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;
// Wrong passwords that are remembered, so that a device with an old one costs one slow check, not one a minute.
constexpr std::size_t kRememberedWrong = 10'000;

absl::Status Wrong() { return absl::UnauthenticatedError("the user or the password is wrong"); }

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
  State(AccountStore& accounts, const KeyedHash& hash, const PasswordOptions& options, SlowCheck check)
      : accounts_(accounts),
        hash_(hash),
        check_(std::move(check)),
        right_(options.remembered),
        wrong_(kRememberedWrong),
        pool_(options.threads, options.waiting) {}

  void Find(std::string user, std::string password, Callback done) {
    auto secret = std::make_shared<const Secret>(std::move(password));
    std::string name = user;
    accounts_.Find(std::move(name), [self = shared_from_this(), user = std::move(user), secret,
                                     done = std::move(done)](absl::StatusOr<std::optional<AccountRecord>> found) mutable {
      if (!found.ok()) {
        return done(absl::UnavailableError(
            absl::StrCat("the accounts cannot be read (", std::string(found.status().message()), "); try again in a minute")));
      }
      self->Judge(std::move(user), std::move(secret), *std::move(found), std::move(done));
    });
  }

  void Stop() { pool_.Stop(); }

 private:
  void Judge(std::string user, std::shared_ptr<const Secret> password, std::optional<AccountRecord> account, Callback done) {
    if (account.has_value()) user = account->user;  // as the store spells it
    std::string stored_text = account.has_value() ? account->password : "";
    const std::string token = hash_.Hash("mailwake verified password", {user, stored_text, password->text});
    if (account.has_value() && (right_.Contains(token) || SameSecret(account->verified, ToBase64(token)))) {
      right_.Add(token);
      return done(Account{.mailbox = account->user});
    }
    if (wrong_.Contains(token)) return done(Wrong());
    std::optional<StoredPassword> stored;
    if (account.has_value()) {
      absl::StatusOr<StoredPassword> parsed = ParseStored(stored_text);
      if (!parsed.ok() || parsed->scheme == PasswordScheme::kPlain) {
        return done(absl::UnavailableError("this account's stored password cannot be read; its owner's administrator must set it again"));
      }
      if (parsed->scheme == PasswordScheme::kPlainKeyed && hash_.CheckPlain(parsed->value, password->text))
        return done(Account{.mailbox = account->user});
      if (IsSlow(parsed->scheme)) stored = *std::move(parsed);
    }
    CheckSlowly(std::move(user), std::move(stored_text), std::move(stored), std::move(password), token, std::move(done));
  }

  // `stored`: nullopt if no password can be right any more, which must not be told by answering sooner.
  void CheckSlowly(std::string user, std::string stored_text, std::optional<StoredPassword> stored, std::shared_ptr<const Secret> password,
                   const std::string& token, Callback done) {
    const bool hopeless = !stored.has_value();
    if (hopeless) {
      stored = Decoy(user);
    } else {
      Observe(*stored);
    }
    CheckPool::Request request{.token = token, .user = user, .check = nullptr};
    request.check = [this, user, hopeless, token, stored_text = std::move(stored_text), stored = *std::move(stored), password] {
      const bool right = check_(stored, password->text) && !hopeless;
      (right ? right_ : wrong_).Add(token);
      if (right) accounts_.Remember(user, stored_text, ToBase64(token), [](const absl::Status&) {});
      return right;
    };
    pool_.Check(std::move(request), [user = std::move(user), done = std::move(done)](CheckPool::Outcome outcome) mutable {
      switch (outcome) {
        case CheckPool::Outcome::kRight:
          return done(Account{.mailbox = std::move(user)});
        case CheckPool::Outcome::kWrong:
          return done(Wrong());
        case CheckPool::Outcome::kBusy:
          return done(absl::UnavailableError("too many passwords are being checked; try again in a minute"));
      }
    });
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
  BoundedSet right_;
  BoundedSet wrong_;
  Mutex mutex_;
  std::vector<StoredPassword> observed_ ABSL_GUARDED_BY(mutex_);
  CheckPool pool_;  // last: its threads use the others
};

PasswordAuthenticator::PasswordAuthenticator(AccountStore& accounts, const KeyedHash& hash, const PasswordOptions& options, SlowCheck check)
    : state_(std::make_shared<State>(accounts, hash, options, std::move(check))) {}

PasswordAuthenticator::~PasswordAuthenticator() { state_->Stop(); }

void PasswordAuthenticator::Authenticate(std::string user, std::string password, Callback done) {
  if (user.empty() || user.size() > kMaxMailboxBytes || password.empty() || password.size() > kMaxPasswordBytes) return done(Wrong());
  state_->Find(std::move(user), std::move(password), std::move(done));
}

}  // namespace mailwake::internal

namespace mailwake {

absl::StatusOr<std::unique_ptr<Authenticator>> NewPasswordAuthenticator(AccountStore& accounts, const std::string& key_file,
                                                                        const PasswordOptions& options) {
  absl::StatusOr<internal::SecretKey> key = internal::LoadOrMakeKey(key_file);
  if (!key.ok()) return key.status();
  return std::make_unique<internal::PasswordAuthenticator>(accounts, internal::KeyedHash(*key), options);
}

}  // namespace mailwake
