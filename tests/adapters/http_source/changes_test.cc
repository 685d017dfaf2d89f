// SPDX-License-Identifier: Apache-2.0
//
// POST /v1/changes and POST /v1/suspect.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/adapters/http_source/harness.h"

namespace mailwake::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kChanges[] = "/v1/changes";

TEST(ChangesTest, AChangeWakesThePingThatWatchesItAndNoOther) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D1", {"inbox", "sent"});
  const auto other_folder = harness.Ping("ann", "D2", {"sent"});
  const auto other_mailbox = harness.Ping("bob", "D1", {"inbox"});
  const HttpResponse answer = harness.Post(kChanges, Line("ann", "inbox"));
  harness.Advance();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"accepted\":1}\n");
  ASSERT_TRUE(ann->has_value());
  EXPECT_EQ((*ann)->reason, EndReason::kChanged);
  EXPECT_THAT((*ann)->folders, ElementsAre("inbox"));
  EXPECT_FALSE(other_folder->has_value());
  EXPECT_FALSE(other_mailbox->has_value());
}

TEST(ChangesTest, ManyLinesAreOneRequest) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D", {"inbox", "sent", "trash"});
  const HttpResponse answer = harness.Post(kChanges, Line("ann", "inbox") + Line("bob", "inbox") + Line("ann", "trash"));
  harness.Advance();
  EXPECT_EQ(answer.body, "{\"accepted\":3}\n");
  ASSERT_TRUE(ann->has_value());
  EXPECT_THAT((*ann)->folders, ElementsAre("inbox", "trash"));
}

TEST(ChangesTest, P5TheAnswerWaitsUntilTheStoreIsDurable) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D", {"inbox"});
  harness.store().Pause();
  EXPECT_FALSE(harness.Send(Harness::Make("POST", kChanges, Line("ann", "inbox"))).has_value());
  harness.Advance();
  EXPECT_TRUE(ann->has_value()) << "a wake may come before the disk has confirmed";
  EXPECT_FALSE(harness.last()->has_value()) << "the acknowledgement may not";
  harness.store().Resume();
  harness.Advance();
  ASSERT_TRUE(harness.last()->has_value());
  EXPECT_EQ((*harness.last())->status, 200);
}

TEST(ChangesTest, StoreTroubleIs503WithARetryTime) {
  Harness harness;
  harness.store().Fail(absl::ResourceExhaustedError("the disk is full"));
  HttpResponse answer;
  std::set<std::string> times;  // spread, so that publishers do not return in step
  for (int i = 0; i < 100; ++i) {
    answer = harness.Post(kChanges, Line("ann", "inbox"));
    EXPECT_EQ(answer.status, 503);
    times.insert(HeaderOf(answer, "Retry-After"));
  }
  EXPECT_GT(times.size(), 1u);
  EXPECT_FALSE(times.contains(""));
  EXPECT_THAT(json::parse(answer.body).at("error").get<std::string>(), HasSubstr("disk is full"));
}

TEST(ChangesTest, TheOwnDeviceIsNotWokenAndTheOthersAre) {
  Harness harness;
  const auto own = harness.Ping("ann", "D1", {"inbox"});
  const auto other = harness.Ping("ann", "D2", {"inbox"});
  EXPECT_EQ(harness.Post(kChanges, R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"flags","device":"D1"})").status, 200);
  harness.Advance();
  EXPECT_FALSE(own->has_value());
  EXPECT_TRUE(other->has_value());
}

TEST(ChangesTest, TheHostsOwnNumberMakesARepeatHarmless) {
  Harness harness;
  const std::string line = R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","version":18446744073709551615})";
  EXPECT_EQ(harness.Post(kChanges, line).status, 200);
  EXPECT_EQ(harness.Post(kChanges, line).body, "{\"accepted\":1}\n");
  EXPECT_EQ(harness.engine().stats().changes, 1U);
  EXPECT_EQ(harness.engine().stats().repeats, 1U);
}

// Which is why it takes the longer way.
TEST(ChangesTest, ALineWithMoreInItSaysTheSame) {
  Harness harness;
  const auto own = harness.Ping("b\xc3\xa4r", "D1", {"inbox"});
  const auto other = harness.Ping("b\xc3\xa4r", "D2", {"inbox"});
  const std::string line =
      "{\"subject\":\"?\",\"mailbox\":\"b\\u00e4r\",\"folder\":\"inbox\",\"class\":\"email\",\"kind\":\"flags\",\"device\":\"D1\","
      "\"version\":7}";
  EXPECT_EQ(harness.Post(kChanges, line).status, 200);
  harness.Advance();
  EXPECT_FALSE(own->has_value());
  EXPECT_TRUE(other->has_value());
  EXPECT_EQ(harness.Post(kChanges, line).status, 200);
  EXPECT_EQ(harness.engine().stats().changes, 1U);
  EXPECT_EQ(harness.engine().stats().repeats, 1U);
}

TEST(ChangesTest, BlankLinesCarriageReturnsAndUnknownKeysAreTolerated) {
  Harness harness;
  const std::string body =
      "\n  \r\n"
      R"({"mailbox":"ann","folder":"inbox","class":"notes","kind":"deleted","device":null,"version":null,"x":{"y":[1]}})"
      "\r\n\n";
  EXPECT_EQ(harness.Post(kChanges, body).body, "{\"accepted\":1}\n");
  EXPECT_EQ(harness.Post(kChanges, "").body, "{\"accepted\":0}\n");
}

TEST(ChangesTest, IdsAreTakenUpToTheirLimits) {
  Harness harness;
  const std::string mailbox(kMaxMailboxBytes, 'm');
  const std::string folder(kMaxIdBytes, 'f');
  EXPECT_EQ(harness.Post(kChanges, Line(mailbox, folder)).status, 200);
  EXPECT_EQ(harness.Post(kChanges, Line(mailbox + "m", folder)).status, 400);
  EXPECT_EQ(harness.Post(kChanges, Line(mailbox, folder + "f")).status, 400);
}

struct BadLine {
  const char* line;
  const char* says;
};

class BadLineTest : public testing::TestWithParam<BadLine> {};

TEST_P(BadLineTest, IsNamedAndNothingOfTheRequestIsApplied) {
  Harness harness;
  const auto ping = harness.Ping("ann", "D", {"inbox"});
  const HttpResponse answer = harness.Post(kChanges, Line("ann", "inbox") + "\n" + GetParam().line + "\n" + Line("ann", "inbox") + "[");
  harness.Advance();
  EXPECT_EQ(answer.status, 400);
  const json body = json::parse(answer.body);
  EXPECT_EQ(body.at("line"), 3);
  EXPECT_THAT(body.at("error").get<std::string>(), HasSubstr(GetParam().says));
  EXPECT_EQ(body.size(), 2U);
  EXPECT_FALSE(ping->has_value());
  EXPECT_EQ(harness.engine().stats().changes, 0U);
}

const BadLine kBadLines[] = {
    {"{", "is not JSON"},
    {"nonsense", "is not JSON"},
    {R"({"mailbox":"ann"} {"mailbox":"bob"})", "is not JSON"},
    {"{\"mailbox\":\"\xff\"}", "is not JSON"},
    {"[]", "must be an object"},
    {"7", "must be an object"},
    {"null", "must be an object"},
    {"{}", "\"mailbox\" is missing"},
    {R"({"mailbox":7})", "\"mailbox\" is 7: it must be a string of 1 to 320 bytes"},
    {R"({"mailbox":""})", "\"mailbox\" has 0 bytes"},
    {R"({"mailbox":null})", "\"mailbox\" is missing"},
    {R"({"mailbox":"ann","class":"email","kind":"added"})", "\"folder\" is missing"},
    {R"({"mailbox":"ann","folder":["inbox"],"class":"email","kind":"added"})", "\"folder\" is an array"},
    {R"({"mailbox":"ann","folder":"inbox","kind":"added"})", "\"class\" is missing: allowed are email, calendar, contacts, tasks, notes"},
    {R"({"mailbox":"ann","folder":"inbox","class":"mail","kind":"added"})", "\"class\" is \"mail\": allowed are"},
    {R"({"mailbox":"ann","folder":"inbox","class":"Email","kind":"added"})", "\"class\" is \"Email\": allowed are"},
    {R"({"mailbox":"ann","folder":"inbox","class":1,"kind":"added"})", "\"class\" is 1"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email"})", "\"kind\" is missing: allowed are added, changed, deleted, flags"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"moved"})", "\"kind\" is \"moved\""},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","device":7})", "\"device\" is 7"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","version":"7"})",
     "\"version\" is \"7\": it must be a whole number"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","version":-1})", "\"version\" is -1"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","version":1.5})", "\"version\" is 1.5"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","version":18446744073709551616})", "\"version\" is 1.8"},
    {R"({"mailbox":"an\u0000n","folder":"inbox","class":"email","kind":"added"})", "\"mailbox\" holds a control character (0x00)"},
    {R"({"mailbox":"ann","folder":"in\tbox","class":"email","kind":"added"})", "\"folder\" holds a control character (0x09)"},
    {R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","device":"D\u007f"})",
     "\"device\" holds a control character (0x7f)"},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested deeper"},
};
INSTANTIATE_TEST_SUITE_P(Each, BadLineTest, testing::ValuesIn(kBadLines));

TEST(ChangesTest, AVeryDeepLineCostsNothing) {
  Harness harness;
  const HttpResponse answer = harness.Post(kChanges, std::string(8 * 1024 * 1024, '['));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("nested deeper"));
}

TEST(ChangesTest, ABracketInAStringIsNoDepth) {
  Harness harness;
  EXPECT_EQ(harness.Post(kChanges, Line("ann", std::string(60, '['))).status, 200);
  EXPECT_EQ(harness.Post(kChanges, Line("ann", R"(\"[[[[[[[[[[[[[[[[[[[[[[[[)")).status, 200);
}

TEST(ChangesTest, ADeviceIdThatIsTooLongIsRefused) {
  Harness harness;
  const std::string line = R"({"mailbox":"ann","folder":"inbox","class":"email","kind":"added","device":")" + std::string(65, 'd') + "\"}";
  EXPECT_THAT(harness.Post(kChanges, line).body, HasSubstr("\\\"device\\\" has 65 bytes"));
}

TEST(SuspectTest, OneMailboxResyncsAndTheOthersWait) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D", {"inbox"});
  const auto bob = harness.Ping("bob", "D", {"inbox"});
  EXPECT_EQ(harness.Post("/v1/suspect", R"({"mailbox":"ann"})").status, 200);
  harness.Advance(std::chrono::minutes(5));
  ASSERT_TRUE(ann->has_value());
  EXPECT_EQ((*ann)->reason, EndReason::kResync);
  EXPECT_FALSE(bob->has_value());
}

TEST(SuspectTest, AnEmptyObjectMeansAllMailboxes) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D", {"inbox"});
  const auto bob = harness.Ping("bob", "D", {"inbox"});
  EXPECT_EQ(harness.Post("/v1/suspect", "{}").status, 200);
  for (int i = 0; i < 200; ++i) harness.Advance(std::chrono::seconds(4));
  EXPECT_TRUE(ann->has_value());
  EXPECT_TRUE(bob->has_value());
}

TEST(SuspectTest, AnyOtherKeyIsRefusedAndSuspectsNothing) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D", {"inbox"});
  for (const char* body : {R"({"mailbx":"ann"})", R"({"Mailbox":"ann"})", R"({"mailbox":"ann","folder":"inbox"})", R"({"all":true})"}) {
    const HttpResponse answer = harness.Post("/v1/suspect", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("is not known")) << body;
  }
  EXPECT_THAT(harness.Post("/v1/suspect", R"({"mailbx":"ann"})").body, HasSubstr(R"(\"mailbx\")"));
  EXPECT_EQ(harness.Post("/v1/suspect", R"({"mailbox":null})").status, 400) << "the name that a script did not find is not everybody";
  for (int i = 0; i < 200; ++i) harness.Advance(std::chrono::seconds(4));
  EXPECT_FALSE(ann->has_value());
}

TEST(SuspectTest, WhatIsNotAnObjectIsRefused) {
  Harness harness;
  const auto ann = harness.Ping("ann", "D", {"inbox"});
  for (const char* body : {"", "[]", "7", "\"ann\"", R"({"mailbox":7})", R"({"mailbox":""})"}) {
    EXPECT_EQ(harness.Post("/v1/suspect", body).status, 400) << body;
  }
  harness.Advance(std::chrono::minutes(1));
  EXPECT_FALSE(ann->has_value());
}

}  // namespace
}  // namespace mailwake::test
