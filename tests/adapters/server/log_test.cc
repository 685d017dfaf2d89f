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
}

TEST(LogTest, ALineHasTimeAndLevel) {
  testing::internal::CaptureStderr();
  LogWarning("one\ntwo");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z warn  one\\\\ntwo\n"));
}

}  // namespace
}  // namespace mailwake::server
