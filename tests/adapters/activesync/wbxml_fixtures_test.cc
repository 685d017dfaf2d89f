// SPDX-License-Identifier: Apache-2.0
//
// Documents recorded from clients, servers and third-party test suites: each is read or refused as its row says, and none hurts when it is
// damaged.
#include <gtest/gtest.h>

#include <string>

#include "mailwake/adapters/wbxml.h"
#include "tests/adapters/activesync/fixtures.h"
#include "tests/adapters/activesync/hex.h"

namespace mailwake::wbxml {
namespace {

// "neg_..." are to be refused, and an empty body is no document. STR_T is left to us: refused.
bool ToBeRefused(const std::string& name) { return name.starts_with("neg_") || name == "str_t_reference" || name == "ping_req_empty_body"; }

TEST(WbxmlFixtures, EachIsReadOrRefusedAsItsRowSays) {
  const auto rows = test::FixtureRows("wbxml-fixtures.tsv");
  if (rows.empty()) GTEST_SKIP() << "no fixtures; set MAILWAKE_FIXTURES to their folder";
  for (const auto& row : rows) {
    const absl::StatusOr<Document> document = Document::Parse(test::FromHex(row.at(1)));
    EXPECT_EQ(document.ok(), !ToBeRefused(row.at(0))) << row.at(0) << ": " << document.status() << " (" << row.at(2) << ")";
  }
}

// Walks everything, so that a sanitizer sees every view.
std::size_t Walk(const Element& element, int depth = 0) {
  std::size_t sum = element.text().size() + element.bytes().size();
  for (const char c : element.text()) sum += c == 'x' ? 1 : 0;
  if (depth < 40) {
    for (const Element child : element) sum += Walk(child, depth + 1);
  }
  return sum;
}

TEST(WbxmlFixtures, ADamagedOneIsReadOrRefusedButNeverCrashes) {
  const auto rows = test::FixtureRows("wbxml-fixtures.tsv");
  if (rows.empty()) GTEST_SKIP() << "no fixtures; set MAILWAKE_FIXTURES to their folder";
  std::size_t walked = 0;
  for (const auto& row : rows) {
    const std::string bytes = test::FromHex(row.at(1));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const absl::StatusOr<Document> cut = Document::Parse(bytes.substr(0, size));
      if (cut.ok()) walked += Walk(cut->root());
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int bit : {0, 1, 3, 5, 6, 7}) {
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
        const absl::StatusOr<Document> damaged = Document::Parse(std::move(flipped));
        if (damaged.ok()) walked += Walk(damaged->root());
      }
    }
  }
  EXPECT_GT(walked, 0u);
}

TEST(WbxmlFixtures, WhatWasReadIsWrittenTheSame) {
  const auto rows = test::FixtureRows("wbxml-fixtures.tsv");
  if (rows.empty()) GTEST_SKIP() << "no fixtures; set MAILWAKE_FIXTURES to their folder";
  struct Copier {
    Writer out;
    void Copy(const Element& element) {
      if (!element.HasChildren()) return out.Text(element.tag(), element.text());
      out.Start(element.tag());
      for (const Element child : element) Copy(child);
      out.End();
    }
  };
  int compared = 0;
  for (const auto& row : rows) {
    if (!row.at(0).starts_with("ping_rsp_status") && !row.at(0).starts_with("foldersync_") && !row.at(0).starts_with("client_ping"))
      continue;
    const absl::StatusOr<Document> document = Document::Parse(test::FromHex(row.at(1)));
    ASSERT_TRUE(document.ok());
    Copier copier;
    copier.Copy(document->root());
    EXPECT_EQ(test::ToHex(std::move(copier.out).document()), row.at(1)) << row.at(0);
    ++compared;
  }
  EXPECT_GE(compared, 15);
}

}  // namespace
}  // namespace mailwake::wbxml
