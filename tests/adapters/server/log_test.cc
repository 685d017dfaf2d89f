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
  // A new line and an escape of C1, in UTF-8.
  EXPECT_EQ(OneLine("a\xC2\x85z\xC2\x9B\x31m \xC2\xA0 \xC2"), "a\\xc2\x85z\\xc2\x9B\x31m \xC2\xA0 \xC2");
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
