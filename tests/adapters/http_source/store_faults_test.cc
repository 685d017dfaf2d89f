// SPDX-License-Identifier: Apache-2.0
//
// The n-th call of the store fails, for every n of a short story, once or from then on: 200 and durable, or 503 with the time to come back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/adapters/http_source/harness.h"

namespace mailwake::test {
namespace {

constexpr char kFolders[] = "/v1/mailboxes/ann/folders";
constexpr char kSync[] = "/v1/mailboxes/ann/devices/D/sync";

constexpr char kPosted[] = R"([{"id":"inbox","name":"Inbox","class":"email"},{"id":"sent","name":"Posted","class":"email"}])";

std::string Change(const std::string& folder) { return R"({"mailbox":"ann","folder":")" + folder + R"(","class":"email","kind":"added"})"; }

class Story {
 public:
  Story() {
    Ask("PUT", kFolders, R"([{"id":"inbox","name":"Inbox","class":"email"},{"id":"sent","name":"Sent","class":"email"}])");
    harness_->Sync("ann", "D", {"inbox", "sent"});
  }

  NthCall& calls() { return harness_->store().calls(); }
  int troubles() const { return troubles_; }

  void Tell() {
    inbox_ = Ask("POST", "/v1/changes", Change("inbox"));
    const std::string begun = harness_->Post(kSync, R"({"begin":true})").body;
    if (begun.starts_with("{\"ticket\"")) {
      const std::string ticket = begun.substr(0, begun.find_last_of('}'));
      if (Ask("POST", kSync, ticket + R"(,"folders":["inbox"]})")) inbox_ = false;
    }
    sent_ = Ask("POST", "/v1/changes", Change("sent"));
    list_ = Ask("PUT", kFolders, kPosted);
    if (Ask("POST", "/v1/suspect", R"({"mailbox":"ann"})")) inbox_ = sent_ = true;
    if (Ask("POST", "/v1/changes", Change("inbox") + "\n" + Change("sent"))) inbox_ = sent_ = true;
  }

  // The store is well again.
  void GoesOn() {
    calls().Heal();
    harness_->Advance(std::chrono::minutes(5));
    const bool told = Ask("POST", "/v1/changes", Change("inbox"));
    EXPECT_TRUE(told) << "it goes on";
    inbox_ = inbox_ || told;
  }

  // Nothing is written any more; then another run begins, and the device comes with the folder list that it had.
  void CrashAndLook() {
    calls().Arm(1, /*sticky=*/true);
    harness_ = std::make_unique<Harness>(disk_);
    for (const auto& [folder, behind] : {std::pair{"inbox", inbox_}, {"sent", sent_}}) {
      const auto ping = harness_->Ping("ann", "D", {folder});
      harness_->Advance();
      if (behind) {
        EXPECT_TRUE(ping->has_value() && (*ping)->reason == EndReason::kChanged) << "a change of " << folder << " is lost";
      }
    }
    if (!list_) return;
    harness_->Sync("ann", "OTHER", {"inbox", "sent"});
    const auto ping = harness_->Ping("ann", "OTHER", {"inbox"});
    Ask("PUT", kFolders, kPosted);
    harness_->Advance();
    EXPECT_FALSE(ping->has_value()) << "the same list again changes nothing, unless it was lost";
  }

 private:
  bool Ask(const std::string& method, const std::string& target, const std::string& body) {
    const HttpResponse answer = harness_->Request(method, target, body);
    if (answer.status == 200) return true;
    ++troubles_;
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_THAT(answer.body, testing::StartsWith("{\"error\":\""));
    bool retry = false;
    for (const auto& [name, value] : answer.headers) retry = retry || (name == "Retry-After" && !value.empty());
    EXPECT_TRUE(retry);
    return false;
  }

  std::shared_ptr<MemoryDisk> disk_ = NewMemoryDisk();
  std::unique_ptr<Harness> harness_ = std::make_unique<Harness>(disk_);
  bool inbox_ = false, sent_ = false, list_ = false;  // acknowledged, and not synced since
  int troubles_ = 0;
};

TEST(StoreFaults, WhicheverCallFailsIs503AndTakesNothingThatWasAcknowledged) {
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
      EXPECT_GT(n, 5) << "the story asks for nothing";
      EXPECT_GT(troubles, 0) << "nobody was told";
    }
  }
}

}  // namespace
}  // namespace mailwake::test
