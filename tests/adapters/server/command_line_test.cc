// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "adapters/server/arguments.h"

namespace mailwake::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Said {
  CommandLine line;
  std::string out;
  std::string err;
};

Said Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "mailwake");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said{.line = ParseCommandLine(static_cast<int>(argv.size()), argv.data()), .out = {}, .err = {}};
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

template <typename T>
T Take(const std::vector<std::string>& words) {
  const Said said = Parse(words);
  EXPECT_TRUE(said.line.arguments.has_value()) << said.err;
  return std::get<T>(said.line.arguments.value());
}

TEST(CommandLineTest, ServeTakesItsFlags) {
  const auto serve = Take<ServeArguments>(
      {"serve", "--config", "f", "--listen", "h:1", "--store", "sqlite:p", "--cert", "c", "--key", "k", "--ingest-token-file", "t"});
  EXPECT_EQ(serve.config_file, "f");
  EXPECT_EQ(serve.listen, "h:1");
  EXPECT_EQ(serve.store, "sqlite:p");
  EXPECT_EQ(serve.cert, "c");
  EXPECT_EQ(serve.key, "k");
  EXPECT_EQ(serve.ingest_token_file, "t");
  const auto plain = Take<ServeArguments>({"serve"});
  EXPECT_FALSE(plain.listen || plain.store || plain.cert || plain.key || plain.ingest_token_file);
}

TEST(CommandLineTest, UserAddAndImport) {
  const auto add = Take<UserAddArguments>({"user", "add", "ann@example.org", "--store", "sqlite:p"});
  EXPECT_EQ(add.name, "ann@example.org");
  EXPECT_EQ(add.store, "sqlite:p");
  const auto import = Take<UserImportArguments>({"user", "import", "users", "--store", "sqlite:p"});
  EXPECT_EQ(import.file, "users");
  EXPECT_EQ(import.store, "sqlite:p");
}

TEST(CommandLineTest, UserRemoveAndDeviceBlock) {
  const auto remove = Take<UserRemoveArguments>({"user", "remove", "ann", "--store", "sqlite:p"});
  EXPECT_EQ(remove.name, "ann");
  EXPECT_EQ(remove.store, "sqlite:p");
  const auto block = Take<DeviceArguments>({"device", "block", "ann", "A", "--store", "sqlite:p"});
  EXPECT_EQ(block.user, "ann");
  EXPECT_EQ(block.device, "A");
  EXPECT_EQ(block.store, "sqlite:p");
  EXPECT_TRUE(block.block);
  EXPECT_FALSE(Take<DeviceArguments>({"device", "unblock", "ann", "A"}).block);
  EXPECT_EQ(Parse({"device", "block", "ann"}).line.exit_code, 2);
}

TEST(CommandLineTest, PublishTakesOneChangeOrNone) {
  const auto one = Take<PublishArguments>(
      {"publish", "--server", "https://h:1", "--token-file", "t", "ann", "inbox", "--kind", "flags", "--class", "notes", "--device", "D"});
  EXPECT_EQ(one.server.url, "https://h:1");
  EXPECT_EQ(one.token_file, "t");
  EXPECT_EQ(one.mailbox, "ann");
  EXPECT_EQ(one.folder, "inbox");
  EXPECT_EQ(one.kind, "flags");
  EXPECT_EQ(one.item_class, "notes");
  EXPECT_EQ(one.device, "D");
  EXPECT_EQ(Take<PublishArguments>({"publish", "--token-file", "t"}).folder, "");
}

TEST(CommandLineTest, FoldersTakesAFileOrNone) {
  const auto file = Take<FoldersArguments>({"folders", "ann", "list.json", "--token-file", "t", "--server", "https://h:1", "--ca", "c"});
  EXPECT_EQ(file.mailbox, "ann");
  EXPECT_EQ(file.file, "list.json");
  EXPECT_EQ(file.token_file, "t");
  EXPECT_EQ(file.server.url, "https://h:1");
  EXPECT_EQ(Take<FoldersArguments>({"folders", "ann", "--token-file", "t"}).file, "-");
}

TEST(CommandLineTest, ExplainAndPing) {
  const auto explain = Take<ExplainArguments>({"explain", "--device", "D", "--server", "https://h", "--token-file", "t", "--json"});
  EXPECT_EQ(explain.device, "D");
  EXPECT_EQ(explain.mailbox, "");
  EXPECT_TRUE(explain.json);
  const auto ping = Take<PingArguments>({"ping", "--user", "ann", "--password-file", "p", "--device", "D", "--folder", "a", "--folder",
                                         "b:calendar", "--heartbeat", "480", "--ca", "c"});
  EXPECT_THAT(ping.folders, ElementsAre("a", "b:calendar"));
  EXPECT_EQ(ping.heartbeat_s, 480);
  EXPECT_EQ(ping.server.ca_file, "c");
}

TEST(CommandLineTest, WrongUsageIsExitCode2) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                     {"sevre"},
                                                                                     {"serve", "--nothing"},
                                                                                     {"serve", "extra"},
                                                                                     {"serve", "--listen"},
                                                                                     {"serve", "--threads", "0"},
                                                                                     {"user"},
                                                                                     {"user", "add"},
                                                                                     {"user", "import"},
                                                                                     {"publish"},
                                                                                     {"publish", "ann", "--token-file", "t"},
                                                                                     {"folders"},
                                                                                     {"folders", "ann"},
                                                                                     {"folders", "--token-file", "t"},
                                                                                     {"explain", "--token-file", "t"},
                                                                                     {"explain", "--device", "D"},
                                                                                     {"ping"},
                                                                                     {"ping", "--user", "a", "--heartbeat", "x"},
                                                                                     {"ping", "--user", "a", "--ca", "c", "--insecure"}}) {
    const Said said = Parse(words);
    EXPECT_FALSE(said.line.arguments.has_value()) << testing::PrintToString(words);
    EXPECT_EQ(said.line.exit_code, 2) << testing::PrintToString(words);
    EXPECT_THAT(said.err, HasSubstr("--help")) << testing::PrintToString(words);
  }
}

TEST(CommandLineTest, WhatIsNotKnownIsNamed) {
  EXPECT_THAT(Parse({"sevre"}).err, HasSubstr("sevre"));
  EXPECT_THAT(Parse({"user", "delete", "ann"}).err, HasSubstr("delete"));
  EXPECT_THAT(Parse({"serve", "--nothing"}).err, HasSubstr("--nothing"));
  EXPECT_THAT(Parse({"serve", "--nothing", "x"}).err, HasSubstr("--nothing"));
  EXPECT_THAT(Parse({"publish", "--tokenfile", "t"}).err, HasSubstr("--tokenfile"));
  EXPECT_THAT(Parse({"user", "--nothing"}).err, HasSubstr("--nothing"));
  EXPECT_THAT(Parse({"--nothing"}).err, HasSubstr("--nothing"));
}

TEST(CommandLineTest, TheHelpOfImportSaysWhatEndsAField) { EXPECT_THAT(Parse({"user", "import", "--help"}).out, HasSubstr("\":\" ends")); }

TEST(CommandLineTest, HelpTeachesByAnExampleAndExitsWith0) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"serve", "--help"},
                                                                                     {"user", "add", "--help"},
                                                                                     {"user", "remove", "--help"},
                                                                                     {"device", "block", "--help"},
                                                                                     {"user", "import", "--help"},
                                                                                     {"publish", "--help"},
                                                                                     {"folders", "--help"},
                                                                                     {"explain", "--help"},
                                                                                     {"ping", "--help"}}) {
    const Said said = Parse(words);
    EXPECT_EQ(said.line.exit_code, 0);
    const std::size_t example = said.out.find("Example");
    ASSERT_NE(example, std::string::npos) << testing::PrintToString(words);
    EXPECT_THAT(said.out.substr(example), HasSubstr("mailwake " + words[0])) << testing::PrintToString(words);
  }
  EXPECT_THAT(Parse({"--help"}).out, HasSubstr("serve"));
}

TEST(CommandLineTest, VersionIsOneLine) {
  const Said said = Parse({"--version"});
  EXPECT_EQ(said.line.exit_code, 0);
  EXPECT_THAT(said.out, testing::MatchesRegex("mailwake [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

}  // namespace
}  // namespace mailwake::server
