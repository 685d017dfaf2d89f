// SPDX-License-Identifier: Apache-2.0
//
// Several threads read while one writes: nothing is read too early, nothing by halves, and neither holds up the other.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

using namespace std::chrono_literals;
using Record = absl::StatusOr<MailboxRecord>;

// A callback that says when it runs, and goes on when it may.
class Gate {
 public:
  template <typename T>
  auto Callback() {
    return [this, released = release_.get_future().share()](const T&) {
      entered_.set_value();
      released.wait();
    };
  }
  void AwaitEntered() { entered_.get_future().wait(); }
  void Open() { release_.set_value(); }

 private:
  std::promise<void> entered_, release_;
};

class SqliteReaders : public testing::Test {
 protected:
  static std::string Name(Version i) { return "m" + std::to_string(i); }
  std::future<Record> StartLoad(const std::string& mailbox) {
    auto promise = std::make_shared<std::promise<Record>>();
    store_->Load(mailbox, [promise](Record record) { promise->set_value(std::move(record)); });
    return promise->get_future();
  }

  TempDir directory_;
  std::unique_ptr<SqliteStore> store_ = OpenSqliteStore(directory_.File("store.db"), {.readers = 3}).value();
};

TEST_F(SqliteReaders, EveryReaderWaitsForTheWritesThatWereCalledBefore) {
  ASSERT_TRUE(Commit(*store_, VersionBatch("ann", 1)).ok());
  Gate gate;
  store_->CommitOwned({}, gate.Callback<absl::Status>());
  gate.AwaitEntered();  // the writer is busy, the readers are not
  store_->CommitOwned(VersionBatch("ann", 2), [](const absl::Status&) {});
  std::vector<std::future<Record>> loads;
  for (int i = 0; i < 500; ++i) loads.push_back(StartLoad("ann"));
  EXPECT_EQ(loads[0].wait_for(50ms), std::future_status::timeout);
  EXPECT_EQ(loads[499].wait_for(0ms), std::future_status::timeout);
  gate.Open();
  for (auto& load : loads) EXPECT_EQ(WholeVersion(*load.get()), 2u);
}

TEST_F(SqliteReaders, AReaderThatIsHeldUpHoldsUpNeitherWritesNorOtherReaders) {
  Gate first, second;
  for (Gate* gate : {&first, &second}) {
    store_->Load("ann", gate->Callback<Record>());
    gate->AwaitEntered();
  }
  EXPECT_TRUE(Commit(*store_, VersionBatch("ann", 1)).ok());
  EXPECT_EQ(WholeVersion(*Load(*store_, "ann")), 1u);
  first.Open();
  second.Open();
}

TEST_F(SqliteReaders, CommitsGoOnWhileManyLoadsWait) {
  Gate gates[3];
  for (Gate& gate : gates) {
    store_->Load("ann", gate.Callback<Record>());
    gate.AwaitEntered();
  }
  std::vector<std::future<Record>> loads;
  for (int i = 0; i < 5000; ++i) loads.push_back(StartLoad("ann"));
  for (Version version = 1; version <= 3; ++version) EXPECT_TRUE(Commit(*store_, VersionBatch("ann", version)).ok());
  for (Gate& gate : gates) gate.Open();
  for (auto& load : loads) EXPECT_TRUE(WholeVersion(*load.get()).has_value());
}

// Loads are not answered in the order of the calls, but each with its own mailbox.
TEST_F(SqliteReaders, ALoadIsAnsweredWithItsOwnMailbox) {
  constexpr Version kMailboxes = 2000;
  WriteBatch batch;
  for (Version i = 1; i <= kMailboxes; ++i) batch.mailboxes.push_back(VersionBatch(Name(i), i).mailboxes[0]);
  ASSERT_TRUE(Commit(*store_, batch).ok());
  std::mt19937 random(7);
  std::vector<std::pair<Version, std::future<Record>>> loads;
  for (int i = 0; i < 20'000; ++i) {
    const Version mailbox = std::uniform_int_distribution<Version>(1, kMailboxes)(random);
    loads.emplace_back(mailbox, StartLoad(Name(mailbox)));
  }
  for (auto& [mailbox, load] : loads) EXPECT_EQ(WholeVersion(*load.get()), mailbox);
}

TEST_F(SqliteReaders, ALoadIsNeverOlderThanTheCommitsCalledBeforeIt) {
  std::vector<std::pair<Version, std::future<Record>>> loads;
  for (Version version = 1; version <= 1000; ++version) {
    WriteBatch batch;
    for (int i = 0; i < 5; ++i) batch.mailboxes.push_back(VersionBatch(Name(i), version).mailboxes[0]);
    store_->CommitOwned(std::move(batch), [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
    for (int i = 0; i < 5; ++i) loads.emplace_back(version, StartLoad(Name(i)));
  }
  for (auto& [version, load] : loads) EXPECT_GE(WholeVersion(*load.get()).value_or(0), version);
}

// A mailbox that takes long to read, while all of it changes again and again.
TEST_F(SqliteReaders, ALoadIsNeverHalfOfACommit) {
  constexpr int kMost = 300;
  std::atomic<bool> stop = false;
  std::atomic<int> loads = 0;
  std::thread loader([&] {
    for (; !stop; ++loads) {
      const MailboxRecord record = Load(*store_, "ann").value();
      for (const FolderRecord& folder : record.folders) ASSERT_EQ(folder.version, record.hierarchy) << "half a commit";
      for (const DeviceRecord& device : record.devices) ASSERT_EQ(device.hierarchy_cursor, record.hierarchy) << "half a commit";
    }
  });
  for (Version version = 1; version <= 200; ++version) {
    MailboxWrite write{.mailbox = "ann", .hierarchy = MailboxWrite::Hierarchy{.declared = true, .version = version}};
    for (int i = 0; i < kMost; ++i) {
      write.folders.push_back({.id = Name(i), .version = version});
      write.devices.push_back({.record = {.id = Name(i), .hierarchy_cursor = version}});
    }
    EXPECT_TRUE(Commit(*store_, {.mailboxes = {write}}).ok());
  }
  stop = true;
  loader.join();
  EXPECT_GT(loads, 20);
}

TEST_F(SqliteReaders, ClosingAnswersEveryLoadAlsoOnesThatCallbacksCall) {
  std::atomic<int> answered = 0;
  for (int i = 0; i < 3000; ++i) {
    store_->Load(Name(i), [&answered, i, store = store_.get()](const Record& record) {
      answered += record.ok();
      if (i % 3 == 0) store->Load("ann", [&answered](const Record& again) { answered += again.ok(); });
    });
  }
  store_.reset();
  EXPECT_EQ(answered, 4000);
}

// The writer has nothing to do when closing begins, and a reader's callback gives it something; and the other way round.
TEST_F(SqliteReaders, ClosingFinishesWhatACallbackOfAnotherThreadCalls) {
  for (const bool from_reader : {true, false}) {
    int answered = 0;
    Gate gate;
    const auto call = [&, pass = gate.Callback<int>(), store = store_.get()](const auto&) mutable {
      pass(0);
      if (from_reader) store->CommitOwned(VersionBatch("ann", 1), [&](const absl::Status& status) { answered += status.ok(); });
      if (!from_reader) store->Load("ann", [&](const Record& record) { answered += record.ok(); });
    };
    if (from_reader) store_->Load("ann", call);
    if (!from_reader) store_->CommitOwned({}, call);
    gate.AwaitEntered();
    std::thread opener([&gate] {
      std::this_thread::sleep_for(50ms);  // most likely closing has begun by then, which shows itself by nothing; either order must pass
      gate.Open();
    });
    store_.reset();
    opener.join();
    EXPECT_EQ(answered, 1);
    store_ = OpenSqliteStore(directory_.File("store.db"), {.readers = 3}).value();
  }
}

}  // namespace
}  // namespace mailwake
