// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailwake::server {
namespace {

TEST(LogTest, AMessageIsOneLineWhateverItHolds) {
  EXPECT_EQ(OneLine("a\nb\r\x1b[2J\x7f\t"), "a\\nb\\x0d\\x1b[2J\\x7f\\x09");
  EXPECT_EQ(OneLine("Grüße, 日本"), "Grüße, 日本");
  EXPECT_EQ(OneLine(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(OneLine("a\xC2\x85z\xC2\x9B\x31m"), "a\\xc2\\x85z\\xc2\\x9b1m") << "a new line and an escape of C1";
  EXPECT_EQ(OneLine("\xC2\xA0 \xF0\x9F\x98\x80"), "\xC2\xA0 \xF0\x9F\x98\x80");
  // No UTF-8: alone, cut off, too long a form, a surrogate, beyond the last.
  EXPECT_EQ(OneLine("\x85 \xC2 \xE2\x82"), "\\x85 \\xc2 \\xe2\\x82");
  EXPECT_EQ(OneLine("\xC0\x8A\xE0\x82\x85"), "\\xc0\\x8a\\xe0\\x82\\x85");
  EXPECT_EQ(OneLine("\xED\xA0\x80\xF4\x90\x80\x80"), "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
}

TEST(LogTest, WhatIsQuotedDoesNotEndItsQuotes) {
  EXPECT_EQ(Quoted("ann"), "\"ann\"");
  EXPECT_EQ(Quoted("x\" from 6.6.6.6 \\"), "\"x\\\" from 6.6.6.6 \\\\\"");
}

TEST(LogTest, ALineHasTimeAndLevel) {
  testing::internal::CaptureStderr();
  LogWarning("one\ntwo");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z warn  one\\\\ntwo\n"));
}

}  // namespace
}  // namespace mailwake::server
