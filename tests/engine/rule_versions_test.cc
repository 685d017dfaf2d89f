// SPDX-License-Identifier: Apache-2.0
//
// Rule "Versions": one counter, a durable ceiling, never twice, never back, whatever crashes, is deleted or made again.

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/engine_world.h"

namespace mailwake {
namespace {

using namespace mailwake::testing;  // NOLINT: the vocabulary of these tests

Version Stored(EngineWorld& world, const std::string& mailbox, const std::string& folder) {
  const FolderRecord* record = world.store().stored_folder(mailbox, folder);
  return record == nullptr ? 0 : record->version;
}

TEST(RuleVersionsTest, VersionsAreUniqueOverAllMailboxesAndGrowInEach) {
  EngineWorld world({.shards = 4});
  std::set<Version> seen;
  for (int i = 0; i < 300; ++i) {
    const std::string mailbox = absl::StrCat("user", i % 20);
    const Version before = Stored(world, mailbox, "inbox");
    world.Publish(mailbox, "inbox");
    const Version version = Stored(world, mailbox, "inbox");
    EXPECT_GT(version, before);
    EXPECT_TRUE(seen.insert(version).second) << version << " was given twice";
  }
}

TEST(RuleVersionsTest, VersionsGrowOverRestartsAndCrashesThoughTheLastOnesWereNeverStored) {
  EngineWorld world;
  Version shown = 0;
  for (std::uint64_t life = 0; life < 6; ++life) {
    world.Hold("ann", "phone", {"inbox"});
    world.store().set_held(true);  // what is given out in this life is never written
    for (int i = 0; i < 5; ++i) world.Publish("ann", "inbox");
    Version given = world.BeginSync("ann", "phone").version;
    for (const Explanation::Folder& folder : world.engine().Explain("ann", "phone").folders) given = std::max(given, folder.version);
    EXPECT_GT(given, shown);
    shown = given;
    if (life % 2 == 0) {
      world.Crash(0);
    } else {
      world.Restart();
    }
    world.Publish("ann", "inbox");
    EXPECT_GT(Stored(world, "ann", "inbox"), shown) << "a version that somebody may have seen was given out again";
  }
}

TEST(RuleVersionsTest, AFolderThatWasDeletedAndMadeAgainGetsAVersionAboveEveryCursor) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox", "project"});
  world.FolderSync("ann", "phone");
  for (int i = 0; i < 5; ++i) world.Publish("ann", "project");
  world.Sync("ann", "phone", {"inbox", "project"});
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  world.SetFolders("ann", std::vector<std::string>{"inbox", "project"});
  world.FolderSync("ann", "phone");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "project"}), {"project"})});
}

TEST(RuleVersionsTest, AFolderMadeAgainIsAboveALateSyncOfItsFormerSelf) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox", "project"});
  world.FolderSync("ann", "phone");
  const SyncTicket ticket = world.BeginSync("ann", "phone");
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  world.SetFolders("ann", std::vector<std::string>{"inbox", "project"});
  world.EndSync(ticket, {"inbox", "project"});  // what it served was the folder that is gone
  world.FolderSync("ann", "phone");
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox", "project"}), {"project"})});
}

// A disk whose ceiling is nearly used up, and a store on it that reserves nothing by itself.
class NarrowStore final : public Store {
 public:
  explicit NarrowStore(Version room) : fake_(std::make_shared<FakeDisk>()), opened_{.first_version = 100, .ceiling = 100 + room} {}

  OpenState opened() const override { return opened_; }
  void Load(std::string mailbox, LoadCallback done) override { fake_.Load(std::move(mailbox), std::move(done)); }
  void AgeOut(Time before, AgeOutCallback done) override { fake_.AgeOut(before, std::move(done)); }
  void Commit(const WriteBatch& batch, DoneCallback done) override {
    for (const MailboxWrite& write : batch.mailboxes) {
      for (const FolderRecord& folder : write.folders) highest = std::max(highest, folder.version);
    }
    EXPECT_LT(highest, durable) << "a version at or above the durable ceiling was used";
    if (batch.ceiling != 0) {
      ++raises;
      if (refuse_raises) return done(absl::ResourceExhaustedError("full"));
      durable = std::max(durable, batch.ceiling);
    }
    fake_.Commit(batch, std::move(done));
  }

  bool refuse_raises = false;
  int raises = 0;
  Version highest = 0;
  Version durable = 0;

  FakeStore fake_;
  OpenState opened_;
};

struct NarrowWorld {
  explicit NarrowWorld(Version room, bool refuse_raises = false) : store(room) {
    store.durable = 100 + room;
    store.refuse_raises = refuse_raises;
    engine = Engine::Create({.shards = 1, .clock = [this] { return now; }}, store).value();
  }
  absl::Status Publish(const std::string& folder) {
    absl::Status status = absl::UnknownError("not answered");
    engine->Publish({{.mailbox = "ann", .folder = folder}}, [&](absl::Status answer) { status = answer; });
    Turn();
    return status;
  }
  void Turn() {
    for (int i = 0; i < 50; ++i) engine->advance(now);
  }
  Time now{24h * 20'000};
  NarrowStore store;
  std::unique_ptr<Engine> engine;
};

TEST(RuleVersionsTest, TheCeilingIsRaisedBeforeTheCounterReachesIt) {
  NarrowWorld world(5'000);
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(world.Publish("inbox").ok()) << i;
  EXPECT_GT(world.store.raises, 0);
  EXPECT_LT(world.store.highest, world.store.durable);
}

TEST(RuleVersionsTest, WithoutAConfirmedCeilingAPublishIsRefusedAndNothingIsApplied) {
  NarrowWorld world(600, true);
  bool woken = false;
  world.engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 900s, .folders = Watch({"last"})},
                     [&](const PingEnd&) { woken = true; });
  int accepted = 0;
  absl::Status status = absl::OkStatus();
  while (accepted < 5'000 && (status = world.Publish("inbox")).ok()) ++accepted;
  EXPECT_LE(accepted, 600);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(world.Publish("last").code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(woken) << "a change without a version was applied";
  EXPECT_LT(world.store.highest, world.store.durable);

  world.store.refuse_raises = false;
  for (int i = 0; i < 300 && !world.Publish("last").ok(); ++i) world.now += 1s;
  EXPECT_TRUE(woken) << "once the store confirms a ceiling, changes are taken again";
}

TEST(RuleVersionsTest, AStoreThatReservedNothingGivesNoVersionBeforeItsFirstCeilingIsDurable) {
  NarrowWorld world(0);
  for (int i = 0; i < 300 && !world.Publish("inbox").ok(); ++i) world.now += 1s;
  EXPECT_TRUE(world.Publish("inbox").ok());
  EXPECT_GE(world.store.raises, 1);
}

TEST(RuleVersionsTest, WritesAreByMaxWhateverOrderTheyAreConfirmedIn) {
  EngineWorld world;
  world.Hold("ann", "phone", {"cal"});
  world.store().set_held(true);
  for (int i = 0; i < 6; ++i) world.Publish("ann", "inbox");
  const Ping ping = world.Hold("ann", "tablet", {"inbox"});
  ASSERT_FALSE(world.live(ping));
  const Version latest = world.engine().Explain("ann", "tablet").last_end->version;
  while (world.store().waiting() > 1) world.store().Release(world.store().waiting() - 1);  // answered backwards
  world.store().ReleaseAll();
  world.Settle();
  world.store().ReleaseAll();
  EXPECT_EQ(Stored(world, "ann", "inbox"), latest);
}

TEST(RuleVersionsTest, CreatingAFolderIsAChangeInIt) {
  EngineWorld world;
  world.SetFolders("ann", std::vector<std::string>{"inbox"});
  EXPECT_GT(Stored(world, "ann", "inbox"), 0u);
  world.ExpectOnly({Changed(world.Hold("ann", "phone", {"inbox"}), {"inbox"})});
}

}  // namespace
}  // namespace mailwake
