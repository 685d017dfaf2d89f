// SPDX-License-Identifier: Apache-2.0
//
// The n-th call of the store or of the front end's state fails, for every n of a short story, once or from then on: each answer is clear,
// nothing that was acknowledged is lost by a crash that comes at once, and all goes on when the store does.

#include <gmock/gmock.h>

#include <optional>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

const DeclaredFolder kInbox{.id = "5", .name = "Inbox", .type = 2};
const DeclaredFolder kNew{.id = "7", .name = "New"};

class Story {
 public:
  // Before anything fails: the device has the list and the inbox.
  Story() {
    world_.SetFolders({kInbox});
    world_.Post("FolderSync", FolderSyncBody("0"));
    key_ = Prime(world_, "5");
  }

  NthCall& calls() { return world_.calls; }
  int troubles() const { return troubles_; }

  void Tell() {
    list_ = SetFolders();
    change_ = Publish();
    FolderSync();
    Sync();
    if (Publish()) change_ = true;
    Ping();
    Publish();
    world_.Advance(25h);  // old devices are forgotten; the mailbox gets cold; writes are tried again
    if (Publish()) change_ = true;
    Ping();
  }

  void GoesOn() {
    world_.calls.Heal();
    world_.Advance(5min);
    change_ = Publish();
    EXPECT_TRUE(change_) << "it goes on";
    Ping();
  }

  // Nothing is written any more; then another run begins.
  void CrashAndLook() {
    world_.calls.Arm(1, /*sticky=*/true);
    world_.Restart();
    world_.calls.Heal();
    const std::string list = Tree(world_.Post("FolderSync", FolderSyncBody("0")));
    if (list_) {
      EXPECT_THAT(list, HasSubstr("Name=New")) << "the list is lost";
    }
    const ExchangePtr ping = world_.Post("Ping", PingBody("480", {{"5", "Email"}}));
    if (change_) {
      EXPECT_EQ(Tree(ping), "Ping(Status=2 Folders(Folder=5))") << "the change is lost";
    }
    EXPECT_THAT(Tree(world_.Post("Sync", SyncBody({{"5", key_}}))), AnyOf(Eq(""), HasSubstr("Status=1"))) << "the key is known";
  }

 private:
  bool Told(const absl::Status& status) {
    if (!status.ok()) ++troubles_;
    EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
    return status.ok();
  }
  bool SetFolders() {
    std::optional<absl::Status> told;
    world_.engine().SetFolders(kAnn, {kInbox, kNew}, [&](absl::Status status) { told = std::move(status); });
    world_.Run();
    EXPECT_TRUE(told.has_value());
    return told && Told(*told);
  }
  bool Publish() {
    std::optional<absl::Status> told;
    world_.engine().Publish({{.mailbox = kAnn, .folder = "5"}}, [&](absl::Status status) { told = std::move(status); });
    world_.Run();
    EXPECT_TRUE(told.has_value());
    return told && Told(*told);
  }
  void FolderSync() {
    const std::string answer = Tree(world_.Post("FolderSync", FolderSyncBody("1")));
    EXPECT_THAT(answer, AnyOf(StartsWith("FolderSync(Status=1"), Eq("FolderSync(Status=6)"), Eq("HTTP 503")));
    if (answer.find("Status=1") == std::string::npos) ++troubles_;
  }
  void Sync() {
    const ExchangePtr sync = world_.Post("Sync", SyncBody({{"5", key_}}));
    const std::string answer = Tree(sync);
    EXPECT_THAT(answer, AnyOf(Eq(""), HasSubstr("Status=1"), HasSubstr("Status=5"), HasSubstr("Status=16"), Eq("HTTP 503")));
    if (!answer.empty() && answer.find("Status=1 ") == std::string::npos && answer.find("Status=1)") == std::string::npos) {
      ++troubles_;
      return;
    }
    if (!answer.empty()) key_ = KeyOf(sync, "5");
    change_ = false;
  }
  // P1: whoever is behind is not told that nothing changed.
  void Ping() {
    const ExchangePtr ping = world_.Post("Ping", PingBody("480", {{"5", "Email"}}));
    world_.Advance(481s);
    const std::string answer = Tree(ping);
    EXPECT_THAT(answer, AnyOf("Ping(Status=1)", "Ping(Status=2 Folders(Folder=5))", "Ping(Status=7)", "Ping(Status=8)", "HTTP 503"));
    if (change_) {
      EXPECT_NE(answer, "Ping(Status=1)") << "P1";
    }
    if (answer == "Ping(Status=8)" || answer == "HTTP 503") ++troubles_;
  }

  FrontWorld world_;
  std::string key_;
  bool list_ = false, change_ = false;  // acknowledged, and not synced since
  int troubles_ = 0;
};

TEST(ActiveSyncStoreFaults, WhicheverCallFailsIsToldAndTakesNothingThatWasAcknowledged) {
  for (const bool sticky : {false, true}) {
    for (const bool goes_on : {false, true}) {
      int troubles = 0, n = 1;
      for (bool struck = true; struck; ++n) {
        SCOPED_TRACE("call " + std::to_string(n) + (sticky ? " and all after it" : "") + (goes_on ? ", healed" : ""));
        Story story;
        story.calls().Arm(n, sticky);
        story.Tell();
        struck = story.calls().struck();
        troubles += story.troubles();
        if (goes_on) story.GoesOn();
        story.CrashAndLook();
        if (testing::Test::HasFailure()) return;
        ASSERT_LT(n, 1000);
      }
      EXPECT_GT(n, 10) << "the story asks for nothing";
      EXPECT_GT(troubles, 0) << "nobody was told";
    }
  }
}

}  // namespace
}  // namespace mailwake::test
