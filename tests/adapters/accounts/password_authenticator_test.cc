// SPDX-License-Identifier: Apache-2.0
//
// How often a slow check runs, and who gets to know what; with a check that only counts.
#include "adapters/fronts/accounts/password_authenticator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "tests/support/memory_accounts.h"

namespace mailwake::internal {
namespace {

using absl::StatusCode;

// A stored value that fits its scheme; the counting check takes the password "right" for it.
const std::string kStored = "{ARGON2ID}" + DummyPassword().value;
const std::string kOtherStored = "{BLF-CRYPT}$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

class PasswordAuthenticatorTest : public testing::Test {
 protected:
  PasswordAuthenticatorTest() { Restart(); }

  void Restart(PasswordOptions options = {}) {
    authenticator_ = std::make_unique<PasswordAuthenticator>(
        accounts_, hash_, options,
        [this](const StoredPassword& stored, std::string_view password) {
          ++runs_;
          last_scheme_ = stored.scheme;
          if (wait_for_.valid()) wait_for_.wait();
          return password == "right";
        },
        [this] { return now_; });
  }

  void Put(const std::string& user, const std::string& stored) {
    accounts_.Put({{.user = user, .password = stored, .verified = ""}}, [](absl::Status) {});
  }

  std::future<absl::StatusOr<Account>> Begin(const std::string& user, const std::string& password, const std::string& network = "",
                                             const std::string& device = "") {
    auto promise = std::make_shared<std::promise<absl::StatusOr<Account>>>();
    authenticator_->AuthenticateFrom({.network = network, .device = device}, user, password,
                                     [promise](absl::StatusOr<Account> account) { promise->set_value(std::move(account)); });
    return promise->get_future();
  }

  StatusCode Try(const std::string& user, const std::string& password, const std::string& network = "", const std::string& device = "") {
    const absl::StatusOr<Account> account = Begin(user, password, network, device).get();
    if (account.ok()) {
      EXPECT_EQ(account->mailbox, user);
    }
    return account.status().code();
  }

  const KeyedHash hash_{SecretKey{1, 2, 3}};
  MemoryAccounts accounts_;
  std::atomic<int> runs_{0};
  std::atomic<PasswordScheme> last_scheme_{PasswordScheme::kPlain};
  std::shared_future<void> wait_for_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::unique_ptr<PasswordAuthenticator> authenticator_;
};

// The accounts tell of changes, and ann's password has just been found right.
class TellingAccountsTest : public PasswordAuthenticatorTest {
 protected:
  TellingAccountsTest() {
    accounts_.TellChanges();
    Put("ann", kStored);
    Put("bob", kStored);
    EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
    EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);  // read after the first look
  }

  // How often the store is asked for the account.
  int FindsOf(const std::string& user, const std::string& password, StatusCode expected) {
    const int before = accounts_.finds();
    EXPECT_EQ(Try(user, password), expected);
    return accounts_.finds() - before;
  }
};

TEST_F(PasswordAuthenticatorTest, AThousandDevicesOfOneAccountCostOneSlowCheck) {
  Put("ann", kStored);
  std::promise<void> go;
  wait_for_ = go.get_future().share();
  std::vector<std::future<absl::StatusOr<Account>>> devices;
  for (int i = 0; i < 1000; ++i) devices.push_back(Begin("ann", "right"));
  go.set_value();
  for (auto& device : devices) EXPECT_TRUE(device.get().ok());
  EXPECT_EQ(runs_, 1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(runs_, 1);
}

TEST_F(PasswordAuthenticatorTest, AVerifiedPasswordIsRememberedAcrossARestart) {
  Put("ann", kStored);
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_FALSE(accounts_.Get("ann")->verified.empty());
  EXPECT_EQ(accounts_.Get("ann")->verified.find("right"), std::string::npos);
  Restart();
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(Try("ann", "wrong"), StatusCode::kUnauthenticated);
  EXPECT_EQ(runs_, 2);
}

TEST_F(PasswordAuthenticatorTest, ChangingTheAccountForgetsIt) {
  Put("ann", kStored);
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  const std::string verified = accounts_.Get("ann")->verified;
  // Even with the old hash put beside the new value.
  accounts_.Put({{.user = "ann", .password = kOtherStored, .verified = verified}}, [](absl::Status) {});
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(last_scheme_, PasswordScheme::kBlfCrypt);
}

TEST_F(PasswordAuthenticatorTest, AHashRememberedForOneUserIsNoneForAnother) {
  Put("ann", kStored);
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  accounts_.Put({{.user = "bob", .password = kStored, .verified = accounts_.Get("ann")->verified}}, [](absl::Status) {});
  EXPECT_EQ(Try("bob", "right"), StatusCode::kOk);
  EXPECT_EQ(runs_, 2);
}

TEST_F(PasswordAuthenticatorTest, AWrongPasswordThatComesAgainCostsNothing) {
  Put("ann", kStored);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Try("ann", "old"), StatusCode::kUnauthenticated);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(runs_, 2);
}

TEST_F(TellingAccountsTest, TheSamePasswordAgainIsNotLookedUp) {
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 0);
  now_ += std::chrono::milliseconds(900);
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 0);
  now_ += std::chrono::milliseconds(900);  // good by the look that the last one began
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 0);
  EXPECT_EQ(runs_, 1);
}

TEST_F(TellingAccountsTest, AnotherPasswordAndAnotherUserAre) {
  EXPECT_EQ(FindsOf("ann", "wrong", StatusCode::kUnauthenticated), 1);
  EXPECT_EQ(FindsOf("bob", "right", StatusCode::kOk), 1);
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 0);
}

TEST_F(TellingAccountsTest, AChangedAccountIsLookedUpASecondLaterAtTheLatest) {
  Put("ann", kOtherStored);
  now_ += std::chrono::milliseconds(1001);
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 1);
  EXPECT_EQ(last_scheme_, PasswordScheme::kBlfCrypt);
}

TEST_F(TellingAccountsTest, AnAccountThatIsForgottenIsLookedUpAtOnce) {
  Put("ann", kOtherStored);
  authenticator_->Forget("ann");
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 1);
  EXPECT_EQ(last_scheme_, PasswordScheme::kBlfCrypt);
}

TEST_F(TellingAccountsTest, ALoginThatWasFoundRightCountsNoMoreOnceTheAccountIsForgotten) {
  now_ += std::chrono::milliseconds(1001);
  const Account looked_up = Begin("ann", "right").get().value();
  const Account remembered = Begin("ann", "right").get().value();
  EXPECT_TRUE(authenticator_->Counts(looked_up));
  EXPECT_TRUE(authenticator_->Counts(remembered));
  authenticator_->Forget("bob");
  EXPECT_TRUE(authenticator_->Counts(remembered)) << "another's password";
  authenticator_->Forget("ann");
  EXPECT_FALSE(authenticator_->Counts(looked_up));
  EXPECT_FALSE(authenticator_->Counts(remembered));
  EXPECT_TRUE(authenticator_->Counts(Begin("ann", "right").get().value()));
}

TEST_F(TellingAccountsTest, AnAccountThatIsForgottenDuringASlowCheckIsLookedAtOnceMore) {
  for (const bool changed : {false, true}) {
    Put("ann", kOtherStored);
    authenticator_->Forget("ann");
    std::promise<void> go;
    wait_for_ = go.get_future().share();
    const int before = runs_;
    auto slow = Begin("ann", "right");
    while (runs_ == before) std::this_thread::yield();
    if (changed) Put("ann", kStored);
    authenticator_->Forget("ann");
    go.set_value();
    const absl::StatusOr<Account> late = slow.get();
    EXPECT_EQ(late.status().code(), changed ? StatusCode::kUnauthenticated : StatusCode::kOk);
    if (late.ok()) {
      EXPECT_TRUE(authenticator_->Counts(*late)) << "it had read the new password already";
    }
    authenticator_->Forget("ann");
    Put("ann", kStored);
  }
}

TEST_F(TellingAccountsTest, WithoutALookEveryLoginIsLookedUp) {
  accounts_.FailChanges(absl::UnavailableError("away"));
  now_ += std::chrono::milliseconds(999);
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 0);
  now_ += std::chrono::milliseconds(2);
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 1);
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 1);
  accounts_.FailChanges(absl::OkStatus());
  now_ += std::chrono::milliseconds(500);                  // it is not asked more often
  EXPECT_EQ(FindsOf("ann", "right", StatusCode::kOk), 0);  // the look came first
}

TEST_F(PasswordAuthenticatorTest, WhoGuessesWaitsWhereHeIsAndTheOwnerDoesNot) {
  Put("ann", kStored);
  EXPECT_EQ(Try("ann", "right", "home"), StatusCode::kOk);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Try("ann", "guess" + std::to_string(i), "away"), StatusCode::kUnauthenticated);
  const int runs = runs_;
  EXPECT_EQ(Try("ann", "guess6", "away"), StatusCode::kUnavailable);
  EXPECT_EQ(Try("ann", "guess0", "away"), StatusCode::kUnauthenticated) << "known to be wrong";
  EXPECT_EQ(Try("ann", "right", "away"), StatusCode::kOk) << "was right before, and is from there too";
  EXPECT_EQ(runs_, runs);
  EXPECT_EQ(Try("ann", "guess6", "home"), StatusCode::kUnauthenticated);
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(Try("ann", "guess7", "away"), StatusCode::kUnauthenticated);
  EXPECT_EQ(Try("ann", "guess8", "away"), StatusCode::kUnavailable);
}

TEST_F(PasswordAuthenticatorTest, ANewPasswordIsTakenWhileSomebodyGuessesElsewhere) {
  Put("ann", kStored);
  for (int i = 0; i < 6; ++i) Try("ann", "guess" + std::to_string(i), "away");
  Put("ann", kOtherStored);
  EXPECT_EQ(Try("ann", "right", "away"), StatusCode::kUnavailable) << "nobody can tell it from a guess there";
  EXPECT_EQ(Try("ann", "right", "home"), StatusCode::kOk);
  EXPECT_EQ(Try("ann", "right", "away"), StatusCode::kOk);
}

TEST_F(PasswordAuthenticatorTest, AKnownDeviceShowsANewPasswordWhileSomebodyGuessesInItsNetwork) {
  for (const bool restarted : {false, true}) {
    Put("ann", kStored);
    EXPECT_EQ(Try("ann", "right", "nat", "PHONE1"), StatusCode::kOk);
    if (restarted) Restart();
    EXPECT_EQ(Try("ann", "right", "nat", "PHONE1"), StatusCode::kOk) << "remembered";
    EXPECT_EQ(Try("ann", "right", "nat", "PHONE2"), StatusCode::kOk) << "remembered";
    for (int i = 0; i < 6; ++i) Try("ann", "guess" + std::to_string(i), "nat", "ROBOT");
    Put("ann", kOtherStored);
    EXPECT_EQ(Try("ann", "right", "nat", "PHONE3"), StatusCode::kUnavailable) << "nobody can tell it from a guess";
    EXPECT_EQ(Try("ann", "right", "nat", restarted ? "PHONE1" : "PHONE2"), StatusCode::kOk);
    Restart();
  }
}

TEST_F(PasswordAuthenticatorTest, WhoWaitsIsToldHowLong) {
  Put("ann", kStored);
  for (int i = 0; i < 9; ++i, now_ += std::chrono::seconds(100)) Try("ann", "guess" + std::to_string(i), "away");
  now_ -= std::chrono::seconds(100);
  EXPECT_EQ(TimeToComeBack(Begin("ann", "guess", "away").get().status()), std::chrono::seconds(8));
  EXPECT_EQ(TimeToComeBack(Begin("ann", "guess", "home").get().status()), std::chrono::seconds(0)) << "wrong, and no reason to come back";
}

TEST_F(PasswordAuthenticatorTest, AnUnknownUserWaitsAsAKnownOne) {
  Put("ann", kStored);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Try("nobody", "guess" + std::to_string(i), "away"), StatusCode::kUnauthenticated);
  EXPECT_EQ(Try("nobody", "guess6", "away"), StatusCode::kUnavailable);
}

TEST_F(PasswordAuthenticatorTest, AStoreThatCannotTellIsAskedEachTime) {
  Put("ann", kStored);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(accounts_.finds(), 3);
  EXPECT_EQ(runs_, 1);
}

TEST_F(PasswordAuthenticatorTest, AnUnknownUserLooksAndCostsLikeAWrongPassword) {
  Put("ann", kStored);
  const absl::Status wrong = Begin("ann", "guess").get().status();
  EXPECT_EQ(runs_, 1);
  const absl::Status unknown = Begin("nobody", "right").get().status();
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(unknown, wrong);
  EXPECT_EQ(Try("nobody", "right"), StatusCode::kUnauthenticated);
  EXPECT_EQ(runs_, 2) << "remembered like a wrong one too";
  EXPECT_FALSE(accounts_.Get("nobody").has_value());
}

TEST_F(PasswordAuthenticatorTest, AnUnknownUserCostsWhatTheKnownOnesCost) {
  EXPECT_EQ(Try("nobody", "guess"), StatusCode::kUnauthenticated);
  EXPECT_EQ(last_scheme_, PasswordScheme::kArgon2id) << "before any is known: what new passwords cost";
  Put("ann", kOtherStored);
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(Try("nobody", "another guess"), StatusCode::kUnauthenticated);
  EXPECT_EQ(last_scheme_, PasswordScheme::kBlfCrypt);
}

TEST_F(PasswordAuthenticatorTest, AKeyedPlainPasswordIsQuickAndAWrongOneIsAsSlowAsAny) {
  Put("ann", "{PLAIN-KEYED}" + hash_.HashPlain("right"));
  Put("bob", "{PLAIN-KEYED}" + hash_.HashPlain("secret"));
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  EXPECT_EQ(Try("bob", "secret"), StatusCode::kOk);
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(Try("bob", "right"), StatusCode::kUnauthenticated) << "whatever the decoy says";
  EXPECT_EQ(runs_, 1);
}

TEST_F(PasswordAuthenticatorTest, TooManyAtOnceAreTurnedAwayAndRememberedOnesAreNot) {
  Restart({.threads = 1, .waiting = 2});
  Put("ann", kStored);
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  std::promise<void> go;
  wait_for_ = go.get_future().share();
  std::vector<std::future<absl::StatusOr<Account>>> guesses;
  for (int i = 0; i < 20; ++i) guesses.push_back(Begin("user" + std::to_string(i), "guess"));
  EXPECT_EQ(Try("ann", "right"), StatusCode::kOk);
  go.set_value();
  int busy = 0;
  for (auto& guess : guesses) busy += guess.get().status().code() == StatusCode::kUnavailable ? 1 : 0;
  EXPECT_GE(busy, 17);
  EXPECT_LE(busy, 18);
  wait_for_ = {};
  EXPECT_EQ(Try("bob", "guess"), StatusCode::kUnauthenticated);
}

TEST_F(PasswordAuthenticatorTest, AStoreThatCannotBeReadIsNotAWrongPassword) {
  class Broken : public MemoryAccounts {
    void Find(std::string, FindCallback done) override { done(absl::DataLossError("disk")); }
  } broken;
  PasswordAuthenticator authenticator(broken, hash_, {});
  absl::Status status;
  authenticator.Authenticate("ann", "right", [&](absl::StatusOr<Account> account) { status = account.status(); });
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  Put("eve", "{UNKNOWN}abc");
  EXPECT_EQ(Try("eve", "right"), StatusCode::kUnavailable);
  Put("eve", "{PLAIN}right");
  EXPECT_EQ(Try("eve", "right"), StatusCode::kUnavailable) << "never stored like that by us";
}

TEST_F(PasswordAuthenticatorTest, EmptyAndOverlongOnesAreWrong) {
  Put("ann", kStored);
  EXPECT_EQ(Try("", "right"), StatusCode::kUnauthenticated);
  EXPECT_EQ(Try("ann", ""), StatusCode::kUnauthenticated);
  EXPECT_EQ(Try(std::string(321, 'a'), "right"), StatusCode::kUnauthenticated);
  EXPECT_EQ(Try("ann", std::string(1025, 'a')), StatusCode::kUnauthenticated);
  EXPECT_EQ(runs_, 0);
}

TEST_F(PasswordAuthenticatorTest, ThoseThatWaitAreAnsweredWhenItEnds) {
  Put("ann", kStored);
  std::promise<void> go;
  wait_for_ = go.get_future().share();
  auto running = Begin("ann", "right");
  while (runs_ == 0) std::this_thread::yield();
  auto waiting = Begin("ann", "wrong");
  std::thread lets_go([&go] { go.set_value(); });
  authenticator_.reset();
  lets_go.join();
  EXPECT_TRUE(running.get().ok());
  EXPECT_FALSE(waiting.get().ok()) << "turned away, or found wrong if it began before";
}

}  // namespace
}  // namespace mailwake::internal
