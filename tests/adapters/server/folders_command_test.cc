// SPDX-License-Identifier: Apache-2.0
//
// `mailwake folders`: declares a mailbox's folder list, from a file or from standard input.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;

constexpr char kList[] = R"([{"id":"inbox","name":"Inbox","class":"email"},{"id":"cal","name":"Calendar","class":"calendar"}])";

Result Declare(const Site& site, const RunningServer& server, const std::vector<std::string>& what, const std::string& input = {}) {
  std::vector<std::string> words = {"folders"};
  words.insert(words.end(), what.begin(), what.end());
  for (const std::string& word : {std::string("--server"), server.url(), std::string("--ca"), site.certificate()}) words.push_back(word);
  for (const std::string& word : {std::string("--token-file"), site.token_file()}) words.push_back(word);
  return Program(words, input).Wait();
}

TEST(FoldersCommandTest, DeclaresTheListOfAFileOrOfStandardInput) {
  const Site site;
  site.AddUser("ann/lists@example.org");
  RunningServer server(site);
  const std::string file = site.dir().Write("folders.json", kList);
  const Result declared = Declare(site, server, {"ann/lists@example.org", file});
  EXPECT_EQ(declared.exit_code, 0) << declared.err;
  EXPECT_EQ(declared.out, "declared 2 folders of ann/lists@example.org\n");
  const auto known = server.Ping("ann/lists@example.org", "A", {"--folder", "cal:calendar", "--heartbeat", "900", "--sync"});
  ASSERT_TRUE(server.AwaitHeld(1));
  const Result other = server.Ping("ann/lists@example.org", "B", {"--folder", "work", "--heartbeat", "900"})->Wait();
  EXPECT_THAT(other.out, testing::StartsWith("status 7: "));

  const Result again = Declare(site, server, {"ann/lists@example.org"}, R"([{"id":"work","name":"Work","class":"email"}])");
  EXPECT_EQ(again.out, "declared 1 folders of ann/lists@example.org\n") << again.err;
  EXPECT_THAT(known->Wait().out, testing::StartsWith("status 7: ")) << "the list changed under it";
}

TEST(FoldersCommandTest, WhatIsWrongIsToldAndTheOldListStays) {
  const Site site;
  RunningServer server(site);
  const Result bad = Declare(site, server, {"ann", "-"}, R"([{"id":"a","name":"A","class":"mail"}])");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("folder 1: \"class\" is \"mail\""));
  const Result missing = Declare(site, server, {"ann", site.dir() / "none.json"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.json: No such file or directory"));
  const Result wrong = Program({"folders", "ann", "--server", server.url(), "--ca", site.certificate(), "--token-file",
                                site.dir().Write("wrong", "abcdef\n")},
                               kList)
                           .Wait();
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("--token-file"));
}

}  // namespace
}  // namespace mailwake::test
