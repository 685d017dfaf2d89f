// SPDX-License-Identifier: Apache-2.0
//
// The accounts and the front ends' state of a store file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SqlitePorts : public testing::Test {
 protected:
  void Reopen() {
    store_.reset();
    store_ = OpenSqliteStore(path_).value();
  }
  std::optional<AccountRecord> Find(const std::string& user) { return mailwake::Find(store_->accounts(), user).value(); }

  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
  std::unique_ptr<SqliteStore> store_ = OpenSqliteStore(path_).value();
};

TEST_F(SqlitePorts, AccountsAreFoundAsTheyWerePut) {
  const AccountRecord ann{.user = "ann@example.org", .password = "{ARGON2ID}$argon2id$v=19$", .verified = std::string("\0\xff", 2)};
  const AccountRecord bob{.user = "bob", .password = "{X}"};
  EXPECT_EQ(Find("ann@example.org"), std::nullopt);
  ASSERT_TRUE(Put(store_->accounts(), {ann, bob}).ok());
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(Find("ann@example.org"), ann);
    EXPECT_EQ(Find("bob"), bob);
    EXPECT_EQ(Find("ANN@example.org"), std::nullopt);
    Reopen();
  }
}

TEST_F(SqlitePorts, PuttingAnAccountAgainForgetsTheVerifiedPassword) {
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}1", .verified = "v"}}).ok());
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}2"}}).ok());
  EXPECT_EQ(Find("ann"), (AccountRecord{.user = "ann", .password = "{X}2"}));
}

TEST_F(SqlitePorts, AVerifiedPasswordIsRememberedOnlyForTheSamePassword) {
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}1"}}).ok());
  EXPECT_TRUE(Remember(store_->accounts(), {.user = "ann", .password = "{X}0", .verified = "old"}).ok());
  EXPECT_EQ(Find("ann")->verified, "");
  EXPECT_TRUE(Remember(store_->accounts(), {.user = "ann", .password = "{X}1", .verified = "new"}).ok());
  EXPECT_EQ(Find("ann")->verified, "new");
  EXPECT_TRUE(Remember(store_->accounts(), {.user = "bob", .password = "{X}1", .verified = "new"}).ok());
  EXPECT_EQ(Find("bob"), std::nullopt) << "remembering creates no account";
}

TEST_F(SqlitePorts, ChangesNamesWhoGotAnotherPasswordSinceANumber) {
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}1"}, {.user = "bob", .password = "{X}1"}}).ok());
  const std::uint64_t begin = Changes(store_->accounts(), std::nullopt).number;
  EXPECT_THAT(Changes(store_->accounts(), std::nullopt).users, IsEmpty());
  EXPECT_THAT(Changes(store_->accounts(), begin).users, IsEmpty());
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}2"}, {.user = "carla", .password = "{X}1"}}).ok());
  ASSERT_TRUE(Remember(store_->accounts(), {.user = "bob", .password = "{X}1", .verified = "v"}).ok());
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "bob", .password = "{X}1"}}).ok()) << "as it was";
  Reopen();
  const AccountChanges changes = Changes(store_->accounts(), begin);
  EXPECT_THAT(changes.users, UnorderedElementsAre("ann", "carla"));
  EXPECT_THAT(Changes(store_->accounts(), changes.number).users, IsEmpty());
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}3"}}).ok());
  EXPECT_THAT(Changes(store_->accounts(), changes.number).users, ElementsAre("ann"));
}

TEST_F(SqlitePorts, ARemovedAccountIsNotFoundAndChangesTellsOfIt) {
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}1", .verified = "v"}, {.user = "bob", .password = "{X}1"}}).ok());
  const std::uint64_t begin = Changes(store_->accounts(), std::nullopt).number;
  ASSERT_TRUE(Remove(store_->accounts(), "ann").ok());
  ASSERT_TRUE(Remove(store_->accounts(), "carla").ok()) << "there is none, as it should be";
  ASSERT_TRUE(Remember(store_->accounts(), {.user = "ann", .password = "{X}1", .verified = "late"}).ok());
  Reopen();
  EXPECT_EQ(Find("ann"), std::nullopt);
  const AccountChanges changes = Changes(store_->accounts(), begin);
  EXPECT_THAT(changes.users, ElementsAre("ann"));
  ASSERT_TRUE(Remove(store_->accounts(), "ann").ok());
  EXPECT_THAT(Changes(store_->accounts(), changes.number).users, IsEmpty()) << "removed twice is removed once";
  ASSERT_TRUE(Put(store_->accounts(), {{.user = "ann", .password = "{X}1"}}).ok());
  EXPECT_EQ(Find("ann"), (AccountRecord{.user = "ann", .password = "{X}1"}));
  EXPECT_THAT(Changes(store_->accounts(), changes.number).users, ElementsAre("ann"));
}

TEST_F(SqlitePorts, BlockedDevicesAreToldWithEachNewNumberUntilTheyAreBlockedNoMore) {
  const BlockedDevice phone{.user = "ann", .device = "A"}, tablet{.user = "ann", .device = "B"};
  const std::uint64_t begin = Changes(store_->accounts(), std::nullopt).number;
  ASSERT_TRUE(Block(store_->accounts(), phone, true).ok());
  ASSERT_TRUE(Block(store_->accounts(), tablet, true).ok());
  ASSERT_TRUE(AgeOut(*store_, Time(std::chrono::hours(24 * 365 * 1000))).ok()) << "a device that was never here";
  Reopen();
  const AccountChanges changes = Changes(store_->accounts(), begin);
  EXPECT_THAT(changes.blocked, UnorderedElementsAre(phone, tablet));
  EXPECT_THAT(changes.users, IsEmpty()) << "nobody's password has changed";
  EXPECT_THAT(Changes(store_->accounts(), std::nullopt).blocked, UnorderedElementsAre(phone, tablet));
  EXPECT_THAT(Changes(store_->accounts(), changes.number).blocked, IsEmpty()) << "as before";
  ASSERT_TRUE(Block(store_->accounts(), phone, false).ok());
  EXPECT_THAT(Changes(store_->accounts(), changes.number).blocked, ElementsAre(tablet));
}

// Another process that adds the account "annN" for each number that it is sent, and sends the number back. Forked before this process
// has a thread or a database open.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& path) {
    EXPECT_TRUE(pipe(orders_) == 0 && pipe(answers_) == 0);
    child_ = fork();
    if (child_ == 0) Serve(path);
  }
  ~OtherProcess() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    for (int file : {orders_[0], orders_[1], answers_[0], answers_[1]}) close(file);
  }

  static AccountRecord Account(char number) { return {.user = std::string("ann") + number, .password = std::string("{X}") + number}; }

  bool Add(char number) {
    char answer = 0;
    return write(orders_[1], &number, 1) == 1 && read(answers_[0], &answer, 1) == 1 && answer == number;
  }

 private:
  [[noreturn]] void Serve(const std::string& path) {
    char number = 0;
    while (read(orders_[0], &number, 1) == 1) {
      auto beside = OpenSqliteStore(path, {.own = false});
      if (!beside.ok() || !Put((*beside)->accounts(), {Account(number)}).ok()) number = '!';
      if (write(answers_[1], &number, 1) != 1) break;
    }
    _exit(0);
  }

  int orders_[2], answers_[2];
  pid_t child_;
};

TEST(SqliteAccounts, AnAccountWrittenByAnotherProcessIsFoundAtOnce) {
  TempDir directory;
  OtherProcess other(directory.File("store.db"));
  std::unique_ptr<SqliteStore> store = OpenSqliteStore(directory.File("store.db")).value();
  for (char number = '0'; number < '5'; ++number) {
    const AccountRecord account = OtherProcess::Account(number);
    EXPECT_EQ(Find(store->accounts(), account.user).value(), std::nullopt);
    ASSERT_TRUE(other.Add(number));
    EXPECT_EQ(Find(store->accounts(), account.user).value(), account);
    ASSERT_TRUE(Commit(*store, VersionBatch("ann", static_cast<Version>(number))).ok());
  }
}

TEST_F(SqlitePorts, FrontStateKeepsOneValueForEachFrontMailboxAndDevice) {
  FrontState* state = &store_->front_state();
  const FrontStateKey key{"activesync", "ann", "d"};
  const std::string value("\0{\"key\":1}\xff", 11);
  EXPECT_EQ(Load(*state, key).value(), "");
  ASSERT_TRUE(Save(*state, key, "old").ok());
  ASSERT_TRUE(Save(*state, key, value).ok());
  Reopen();
  state = &store_->front_state();
  EXPECT_EQ(Load(*state, key).value(), value);
  for (const FrontStateKey& other : {FrontStateKey{"imap", "ann", "d"}, {"activesync", "bob", "d"}, {"activesync", "ann", "e"}}) {
    EXPECT_EQ(Load(*state, other).value(), "");
  }
  ASSERT_TRUE(Save(*state, key, "").ok());
  EXPECT_EQ(Load(*state, key).value(), "");
}

TEST_F(SqlitePorts, ADeviceThatIsForgottenTakesItsFrontStateAlong) {
  FrontState& state = store_->front_state();
  const FrontStateKey gone{"activesync", "ann", "gone"}, old{"activesync", "ann", "old"}, kept{"activesync", "ann", "kept"};
  const FrontStateKey orphan{"activesync", "bob", "old"}, mailbox{"activesync", "bob", ""};
  for (const FrontStateKey& key : {gone, old, kept, orphan, mailbox}) ASSERT_TRUE(Save(state, key, "state").ok());
  const Time now(std::chrono::hours(1000));
  MailboxWrite ann{.mailbox = "ann"};
  for (const char* device : {"gone", "kept"}) ann.devices.push_back({.record = {.id = device, .last_seen = now}});
  ann.devices.push_back({.record = {.id = "old", .last_seen = now - std::chrono::hours(2)}});
  ASSERT_TRUE(Commit(*store_, {.mailboxes = {ann}}).ok());

  MailboxWrite erase{.mailbox = "ann"};
  erase.devices.push_back({.record = {.id = "gone"}, .erase = true});
  ASSERT_TRUE(Commit(*store_, {.mailboxes = {erase}}).ok());
  EXPECT_EQ(Load(state, gone).value(), "");
  EXPECT_EQ(Load(state, old).value(), "state");

  EXPECT_EQ(AgeOut(*store_, now - std::chrono::hours(1)).value(), 1u);
  EXPECT_EQ(Load(state, old).value(), "");
  EXPECT_EQ(Load(state, orphan).value(), "") << "no device is there any more";
  EXPECT_EQ(Load(state, kept).value(), "state");
  EXPECT_EQ(Load(state, mailbox).value(), "state") << "not of a device";
}

TEST_F(SqlitePorts, SavesTakeEffectInTheOrderOfTheCalls) {
  const FrontStateKey key{"activesync", "ann", "d"};
  for (int i = 0; i < 500; ++i) store_->front_state().Save(key, std::to_string(i), [](const absl::Status&) {});
  EXPECT_EQ(Load(store_->front_state(), key).value(), "499");
}

}  // namespace
}  // namespace mailwake
