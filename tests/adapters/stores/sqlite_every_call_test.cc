// SPDX-License-Identifier: Apache-2.0
//
// Every operation of the store, of the accounts and of the front ends' state, on a disk on which the n-th call fails: for every n and each
// kind of call, once or from then on. Each answers rightly or with an error, and what was acknowledged is there afterwards.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/fault_disk.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

constexpr Time kLongAgo{std::chrono::hours(-9)};  // before what VersionBatch writes

struct Fault {
  const char* name;
  std::vector<DiskCall> calls;
  int code;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

MailboxWrite Device(const std::string& mailbox, const std::string& device, Time seen) {
  MailboxWrite write{.mailbox = mailbox};
  write.devices.push_back({.record = {.id = device,
                                      .last_seen = seen,
                                      .hierarchy_cursor = 3,
                                      .heartbeat = std::chrono::seconds(900),
                                      .folders = {{{"inbox", ItemClass::kEmail}}},
                                      .cursors = {{"inbox", 5}}}});
  return write;
}

class SqliteEveryCall : public testing::TestWithParam<std::tuple<Fault, bool>> {
 protected:
  // A store that was killed: its log has to be read when it is opened.
  SqliteEveryCall() {
    FaultDisk::Install();
    auto store = OpenSqliteStore(home_.File("store.db")).value();
    WriteBatch batch = VersionBatch("old", 7);
    batch.mailboxes.push_back(Device("gone", "d", kLongAgo));
    EXPECT_TRUE(Commit(*store, batch).ok());
    EXPECT_TRUE(Put(store->accounts(), {{.user = "old", .password = "{X}1"}}).ok());
    EXPECT_TRUE(Save(store->front_state(), {"f", "old", "d"}, "old").ok());
    for (const char* beside : {"", "-wal"}) {
      std::filesystem::copy_file(home_.File("store.db") + beside, home_.File("killed.db") + beside);
    }
  }
  ~SqliteEveryCall() override { DiskFaults::Here().Heal(); }

  bool Done(const absl::Status& status) {
    if (status.ok()) return true;
    ++errors_;
    EXPECT_THAT(status.code(), testing::AnyOf(absl::StatusCode::kResourceExhausted, absl::StatusCode::kUnavailable,
                                              absl::StatusCode::kPermissionDenied, absl::StatusCode::kDataLoss))
        << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("store.db"));
    return false;
  }

  struct Acknowledged {
    bool versions = false, list = false, device = false, aged = false, account = false, verified = false, state = false;
  };

  Acknowledged UseAll(SqliteStore& store) {
    Acknowledged told;
    if (const auto old = Load(store, "old"); Done(old.status())) {
      EXPECT_EQ(WholeVersion(*old), 7u);
    }
    told.versions = Done(Commit(store, VersionBatch("ann", 9)));
    MailboxWrite list{.mailbox = "list", .hierarchy = MailboxWrite::Hierarchy{true, 8}};
    list.folders.push_back({.id = "inbox", .version = 8, .declared = true, .name = "Inbox"});
    told.list = Done(Commit(store, {.mailboxes = {list}}));
    told.device = Done(Commit(store, {.mailboxes = {Device("pings", "d", kLongAgo + std::chrono::hours(9))}}));
    told.aged = Done(AgeOut(store, kLongAgo + std::chrono::hours(1)).status());
    AccountStore& accounts = store.accounts();
    if (const auto found = Find(accounts, "old"); Done(found.status())) {
      EXPECT_EQ(found->value().password, "{X}1");
    }
    told.account = Done(Put(accounts, {{.user = "new", .password = "{X}2"}}));
    told.verified = Done(Remember(accounts, {.user = "old", .password = "{X}1", .verified = "v"}));
    const auto changes = Await<absl::StatusOr<AccountChanges>>([&](auto done) { accounts.Changes(0, std::move(done)); });
    Done(changes.status());
    if (const auto state = Load(store.front_state(), {"f", "old", "d"}); Done(state.status())) {
      EXPECT_EQ(*state, "old");
    }
    told.state = Done(Save(store.front_state(), {"f", "ann", "d"}, "new"));
    return told;
  }

  static void ExpectKept(SqliteStore& store, const Acknowledged& told) {
    EXPECT_EQ(WholeVersion(*Load(store, "old")), 7u);
    EXPECT_EQ(Load(store.front_state(), {"f", "old", "d"}).value(), "old");
    const std::optional<Version> version = WholeVersion(*Load(store, "ann"));
    ASSERT_TRUE(version.has_value()) << "half a commit";
    const MailboxRecord list = Load(store, "list").value(), pings = Load(store, "pings").value(), gone = Load(store, "gone").value();
    EXPECT_TRUE(*version == 9 || !told.versions);
    EXPECT_TRUE((list.declared && list.hierarchy == 8 && list.folders.size() == 1) || !told.list);
    EXPECT_EQ(list.declared, list.folders.size() == 1) << "half a commit";
    const DeviceRecord device = Device("pings", "d", kLongAgo + std::chrono::hours(9)).devices[0].record;
    EXPECT_TRUE((pings.devices.size() == 1 && pings.devices[0] == device) || !told.device);
    EXPECT_TRUE(gone.devices.empty() || !told.aged);
    EXPECT_TRUE(Find(store.accounts(), "new").value().has_value() || !told.account);
    const AccountRecord old = Find(store.accounts(), "old").value().value();
    EXPECT_TRUE(old.verified == "v" || !told.verified);
    EXPECT_TRUE(Load(store.front_state(), {"f", "ann", "d"}).value() == "new" || !told.state);
  }

  TempDir home_;
  int errors_ = 0;
};

TEST_P(SqliteEveryCall, ThatFailsIsToldAndTakesNothingThatWasAcknowledged) {
  const auto& [fault, sticky] = GetParam();
  int refused = 0;
  for (int n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    TempDir directory;
    const std::string path = directory.File("store.db");
    for (const char* beside : {"", "-wal"}) std::filesystem::copy_file(home_.File("killed.db") + beside, path + beside);
    DiskFaults& faults = DiskFaults::Here();
    faults.Arm({.calls = fault.calls, .n = n, .code = fault.code, .sticky = sticky});
    Acknowledged told;
    if (auto store = OpenSqliteStore(path, {.readers = 1}); Done(store.status())) {
      told = UseAll(**store);
      if (faults.struck()) {
        faults.Heal();
        const absl::Status after = Commit(**store, VersionBatch("after", 1));
        EXPECT_TRUE(after.ok() || (fault.code == SQLITE_IOERR_SHORT_READ && absl::IsDataLoss(after))) << "it goes on: " << after;
      }  // else it strikes while the store closes
    } else {
      ++refused;
    }
    faults.Heal();
    auto store = OpenSqliteStore(path);
    ASSERT_TRUE(store.ok()) << store.status();
    ExpectKept(**store, told);
    ASSERT_FALSE(HasFailure());
    if (!faults.struck()) break;
    ASSERT_LT(n, 5000);
  }
  EXPECT_GT(errors_, 0) << "nobody was told";
  EXPECT_GT(refused, 0);
}

INSTANTIATE_TEST_SUITE_P(All, SqliteEveryCall,
                         testing::Combine(testing::ValuesIn(std::vector<Fault>{
                                              {"Full", kDiskWrites, SQLITE_FULL},
                                              {"Write", {DiskCall::kWrite, DiskCall::kTruncate}, SQLITE_IOERR_WRITE},
                                              {"Sync", {DiskCall::kSync}, SQLITE_IOERR_FSYNC},
                                              {"Read", {DiskCall::kRead}, SQLITE_IOERR_READ},
                                              {"ShortRead", {DiskCall::kRead}, SQLITE_IOERR_SHORT_READ},
                                              {"Open", {DiskCall::kOpen}, SQLITE_CANTOPEN},
                                              {"Look", {DiskCall::kAccess, DiskCall::kFileSize}, SQLITE_IOERR_FSTAT},
                                              {"Lock", {DiskCall::kLock}, SQLITE_IOERR_LOCK},
                                              {"ShmMap", {DiskCall::kShmMap}, SQLITE_IOERR_SHMMAP},
                                              {"ShmLock", {DiskCall::kShmLock}, SQLITE_IOERR_SHMLOCK},
                                          }),
                                          testing::Bool()),
                         [](const auto& at) {
                           return std::get<0>(at.param).name + std::string(std::get<1>(at.param) ? "ForGood" : "Once");
                         });

}  // namespace
}  // namespace mailwake
