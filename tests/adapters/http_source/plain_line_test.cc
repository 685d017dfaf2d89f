// SPDX-License-Identifier: Apache-2.0
//
// The fast way to read a line, beside a parser of all of JSON.

#include "adapters/sources/http/plain_line.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mailwake::http_source {
namespace {

constexpr char kLine[] = R"({"mailbox":"ann@example.org","folder":"inbox","class":"email","kind":"added"})";

TEST(PlainLineTest, TakesALineAsNearlyAllAre) {
  const auto line = PlainLine(kLine);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->mailbox, "ann@example.org");
  EXPECT_EQ(line->folder, "inbox");
  EXPECT_EQ(line->item_class, ItemClass::kEmail);
  EXPECT_EQ(line->kind, ChangeKind::kAdded);
  EXPECT_EQ(line->device, "");
  EXPECT_FALSE(line->host_version.has_value());
}

TEST(PlainLineTest, TakesAnyOrderAndSpaceADeviceAndAVersion) {
  const auto line = PlainLine(
      "\t{ \"version\" : 18446744073709551615 , \"kind\":\"flags\",\"device\":\"D1\",\r\"class\":\"tasks\","
      "\"folder\":\"7\",\n\"mailbox\":\"a\" } \r");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->mailbox, "a");
  EXPECT_EQ(line->folder, "7");
  EXPECT_EQ(line->item_class, ItemClass::kTasks);
  EXPECT_EQ(line->kind, ChangeKind::kFlags);
  EXPECT_EQ(line->device, "D1");
  EXPECT_EQ(line->host_version, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(PlainLine(R"({"mailbox":"a","folder":"b","class":"email","kind":"added","version":0,"device":""})")->host_version, 0u);
}

// `kLine` with something else in place of `what`.
std::string With(std::string_view what, std::string_view other) {
  std::string line = kLine;
  return line.replace(line.find(what), what.size(), other);
}

TEST(PlainLineTest, LeavesAllElseToTheParser) {
  const std::string kind = R"("kind":"added")";
  const std::string version = kind + ",\"version\":";
  const std::vector<std::string> lines = {
      "",
      "{}",
      "[]",
      With("}", ""),
      With("}", "}}"),
      With("}", ",}"),
      With("{", "{,"),
      With("inbox", "in\\u0062ox"),
      With("inbox", "in\"box"),
      With("inbox", "b\xc3\xa4r"),
      With("inbox", std::string("in\0box", 6)),
      With("inbox", "in\x7f"),
      With("inbox", ""),
      With("inbox", std::string(kMaxIdBytes + 1, 'x')),
      With("ann@example.org", ""),
      With("ann@example.org", std::string(kMaxMailboxBytes + 1, 'x')),
      With("\"inbox\"", "null"),
      With("\"inbox\"", "7"),
      With("\"inbox\"", "[\"inbox\"]"),
      With("email", "letters"),
      With("added", "made"),
      With(",\"kind\"", ":\"kind\""),
      With(kind, kind + ",\"kind\":\"added\""),
      With(kind, kind + ",\"subject\":\"hello\""),
      With(kind, kind + ",\"device\":\"" + std::string(kMaxDeviceBytes + 1, 'x') + "\""),
      With(kind, version + "1,\"version\":2"),
      With(kind, version),
      With(kind, version + "01"),
      With(kind, version + "-1"),
      With(kind, version + "+1"),
      With(kind, version + "1.0"),
      With(kind, version + "1e3"),
      With(kind, version + "18446744073709551616"),
      With(kind, version + "\"1\""),
      With(kind + "}", "\"kind\":\"added"),
  };
  for (const std::string& line : lines) EXPECT_FALSE(PlainLine(line).has_value()) << line;
}

// What nlohmann reads, in the terms of a change.
bool IsThatChange(const ChangeLine& line, const nlohmann::json& json) {
  const auto text = [&](const char* key) { return json.contains(key) ? json.at(key).get<std::string>() : std::string(); };
  const bool version = json.contains("version");
  return json.size() == 4u + (json.contains("device") ? 1 : 0) + (version ? 1 : 0) && text("mailbox") == line.mailbox &&
         text("folder") == line.folder && text("class") == Name(line.item_class) && text("kind") == Name(line.kind) &&
         text("device") == line.device && version == line.host_version.has_value() &&
         (!version || json.at("version").get<std::uint64_t>() == *line.host_version);
}

TEST(PlainLineTest, WhatItTakesIsTheSameToAParserOfAllOfJson) {
  std::mt19937 random(20261129);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> keys = {"mailbox", "folder", "class", "kind", "device", "version"};
  const std::vector<std::string> values = {"\"ann\"", "\"email\"", "\"added\"", "\"\"", "7", "0", "00", "null", "\"a\\n\""};
  constexpr std::string_view kBytes = "{}[]\":,\\ \t\r\n0129-.eaz\x01\x7f\xc3\xa4";
  int taken = 0, json_too = 0;
  for (int run = 0; run < 40'000; ++run) {
    std::string line = "{";
    for (const std::string& key : keys) {
      if (key == "device" && below(2) == 0) continue;
      if (key == "version" && below(2) == 0) continue;
      const bool right = below(8) != 0;
      const std::string& value = key == "class" && right     ? values[1]
                                 : key == "kind" && right    ? values[2]
                                 : key == "version" && right ? values[4]
                                 : right                     ? values[0]
                                                             : values[below(values.size())];
      line += (line.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
    }
    line += "}";
    if (below(2) == 0) line[below(line.size())] = kBytes[below(kBytes.size())];
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_discarded()) ++json_too;
    const auto plain = PlainLine(line);
    if (!plain) continue;
    ++taken;
    ASSERT_TRUE(json.is_object()) << line;
    ASSERT_TRUE(IsThatChange(*plain, json)) << line;
  }
  EXPECT_GT(taken, 4'000);
  EXPECT_GT(json_too, taken + 4'000);
}

}  // namespace
}  // namespace mailwake::http_source
