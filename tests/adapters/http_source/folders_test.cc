// SPDX-License-Identifier: Apache-2.0
//
// PUT /v1/mailboxes/MAILBOX/folders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/adapters/http_source/harness.h"

namespace mailwake::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTwo[] =
    R"([{"id":"inbox","name":"Eingang","class":"email","type":2},{"id":"cal","name":"Kalender","class":"calendar","parent":"0"}])";

FolderList ListOf(Harness& harness, const std::string& mailbox) {
  FolderList result;
  harness.engine().BeginFolderSync(mailbox, [&](absl::StatusOr<FolderList> list) { result = list.value(); });
  harness.Advance();
  return result;
}

TEST(FoldersTest, TheListIsDeclaredWholeAndTheMailboxIsDecoded) {
  Harness harness;
  const HttpResponse answer = harness.Request("PUT", "/v1/mailboxes/ann%2Flists%40example.org/folders", kTwo);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"folders\":2}\n");
  const FolderList list = ListOf(harness, "ann/lists@example.org");
  EXPECT_TRUE(list.declared);
  EXPECT_THAT(list.folders,
              ElementsAre(DeclaredFolder{.id = "inbox", .name = "Eingang", .item_class = ItemClass::kEmail, .type = 2, .parent = ""},
                          DeclaredFolder{.id = "cal", .name = "Kalender", .item_class = ItemClass::kCalendar, .type = 0, .parent = "0"}));
  EXPECT_FALSE(ListOf(harness, "ann").declared);
}

TEST(FoldersTest, AChangedListEndsThePingsOfThatMailboxOnly) {
  Harness harness;
  harness.Request("PUT", "/v1/mailboxes/ann/folders", kTwo);
  const auto ann = harness.Ping("ann", "D", {"inbox"});
  const auto bob = harness.Ping("bob", "D", {"inbox"});
  harness.Request("PUT", "/v1/mailboxes/ann/folders", kTwo);
  harness.Advance();
  const bool woken_by_declaring = ann->has_value() && (*ann)->reason == EndReason::kHierarchy;
  EXPECT_FALSE(woken_by_declaring) << "the same list again changes nothing";
  harness.Sync("ann", "D", {"inbox"});
  const auto again = harness.Ping("ann", "D", {"inbox"});
  EXPECT_FALSE(again->has_value());
  harness.Request("PUT", "/v1/mailboxes/ann/folders", R"([{"id":"inbox","name":"Eingang","class":"email"}])");
  harness.Advance();
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ((*again)->reason, EndReason::kHierarchy);
  EXPECT_FALSE(bob->has_value());
}

TEST(FoldersTest, AnEmptyListIsAList) {
  Harness harness;
  EXPECT_EQ(harness.Request("PUT", "/v1/mailboxes/ann/folders", "[]").status, 200);
  EXPECT_TRUE(ListOf(harness, "ann").declared);
}

struct BadList {
  const char* body;
  const char* says;
};

class BadListTest : public testing::TestWithParam<BadList> {};

TEST_P(BadListTest, IsRefusedAndNothingIsDeclared) {
  Harness harness;
  const HttpResponse answer = harness.Request("PUT", "/v1/mailboxes/ann/folders", GetParam().body);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(json::parse(answer.body).at("error").get<std::string>(), HasSubstr(GetParam().says));
  EXPECT_FALSE(ListOf(harness, "ann").declared);
}

const BadList kBadLists[] = {
    {"", "is not JSON"},
    {"{}", "must be an array"},
    {"[7]", "folder 1: is 7"},
    {R"([{"name":"N","class":"email"}])", "folder 1: \"id\" is missing"},
    {R"([{"id":"","name":"N","class":"email"}])", "folder 1: \"id\" has 0 bytes"},
    {R"([{"id":"a","class":"email"}])", "folder 1: \"name\" is missing"},
    {R"([{"id":"a","name":"N"}])", "folder 1: \"class\" is missing"},
    {R"([{"id":"a","name":"N","class":"email"},{"id":"b","name":"N","class":"folder"}])", "folder 2: \"class\" is \"folder\""},
    {R"([{"id":"a","name":"N","class":"email"},{"id":"a","name":"M","class":"email"}])", "folder 2: \"id\" \"a\" was given before"},
    {R"([{"id":"a","name":"N","class":"email","type":-1}])", "folder 1: \"type\" is -1"},
    {R"([{"id":"a","name":"N","class":"email","type":"2"}])", "folder 1: \"type\" is \"2\""},
    {R"([{"id":"a","name":"N","class":"email","type":4294967298}])", "folder 1: \"type\" is 4294967298"},
    {R"([{"id":"a","name":"N","class":"email","parent":0}])", "folder 1: \"parent\" is 0"},
    {R"([{"id":"a","name":"N","class":"email"},{"id":"b","name":"N","class":"email","parent":"c"}])", "folder 2: \"parent\" is \"c\""},
    {R"([{"id":"a","name":"N","class":"email","parent":"a"}])", "folder 1: \"parent\" \"a\" leads back to the folder itself"},
    {R"([{"id":"a","name":"N","class":"email","parent":"c"},{"id":"b","name":"N","class":"email","parent":"c"},
         {"id":"c","name":"N","class":"email","parent":"b"}])",
     "folder 2: \"parent\" \"c\" leads back to the folder itself"},
    {R"([{"id":"a","name":"N","class":"calendar","type":2}])", "folder 1: \"type\" is 2, an email folder, and \"class\" is calendar"},
    {R"([{"id":"a","name":"N","class":"tasks","type":12}])", "folder 1: \"type\" is 12, an email folder"},
    {R"([{"id":"a","name":"N","class":"email","type":15}])", "folder 1: \"type\" is 15, a tasks folder"},
    {R"([{"id":"a","name":"N","class":"contacts","type":13}])", "folder 1: \"type\" is 13, a calendar folder"},
    {R"([{"id":"a","name":"N","class":"notes","type":9}])", "folder 1: \"type\" is 9, a contacts folder"},
    {R"([{"id":"a","name":"N","class":"calendar","type":17}])", "folder 1: \"type\" is 17, a notes folder"},
    {R"([{"id":"a\u0000b","name":"N","class":"email"}])", "folder 1: \"id\" holds a control character (0x00)"},
    {R"([{"id":"a","name":"N\nM","class":"email"}])", "folder 1: \"name\" holds a control character (0x0a)"},
};
INSTANTIATE_TEST_SUITE_P(Each, BadListTest, testing::ValuesIn(kBadLists));

TEST(FoldersTest, EveryTypeGoesWithItsClassAndParentsMayComeLater) {
  Harness harness;
  const HttpResponse answer = harness.Request("PUT", "/v1/mailboxes/ann/folders",
                                              R"([{"id":"a","name":"A","class":"email","type":12,"parent":"b"},
      {"id":"b","name":"B","class":"email","type":6,"parent":"0"},{"id":"c","name":"C","class":"calendar","type":13,"parent":""},
      {"id":"d","name":"D","class":"contacts","type":14,"parent":"c"},{"id":"e","name":"E","class":"tasks","type":7,"parent":"d"},
      {"id":"f","name":"F","class":"tasks","type":15},{"id":"g","name":"G","class":"notes","type":10},
      {"id":"h","name":"H","class":"email","type":1},{"id":"i","name":"I","class":"contacts","type":19}])");
  EXPECT_EQ(answer.body, "{\"folders\":9}\n");
}

TEST(FoldersTest, AMailboxNameWithAControlCharacterIsRefused) {
  Harness harness;
  EXPECT_EQ(harness.Request("PUT", "/v1/mailboxes/an%00n/folders", "[]").status, 400);
  EXPECT_EQ(harness.Post("/v1/mailboxes/ann/devices/D%0A/sync", R"({"begin":true})").status, 400);
  EXPECT_EQ(harness.Get("/v1/explain?device=D%7F").status, 400);
}

TEST(FoldersTest, AMailboxNameThatIsTooLongIsRefused) {
  Harness harness;
  EXPECT_EQ(harness.Request("PUT", "/v1/mailboxes/" + std::string(321, 'm') + "/folders", "[]").status, 400);
  EXPECT_EQ(harness.Request("PUT", "/v1/mailboxes//folders", "[]").status, 400);
}

}  // namespace
}  // namespace mailwake::test
