// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/gcra.h"

#include <gtest/gtest.h>

namespace mailwake {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

const Gcra::Time kStart = Gcra::Time() + 1h;

// How many of those that come at once are in time.
int AtOnce(Gcra& gcra, Gcra::Time now) {
  int count = 0;
  for (; gcra.WaitFor(now, 250ms, 4s) == 0s; ++count) gcra.Count(now, 250ms);
  return count;
}

TEST(GcraTest, ABurstAtOnceAndThenTheRate) {
  Gcra gcra;
  EXPECT_TRUE(gcra.unused());
  EXPECT_EQ(AtOnce(gcra, kStart), 16);
  EXPECT_FALSE(gcra.unused());
  EXPECT_EQ(gcra.WaitFor(kStart, 250ms, 4s), 250ms);
  EXPECT_EQ(AtOnce(gcra, kStart + 249ms), 0);
  EXPECT_EQ(AtOnce(gcra, kStart + 250ms), 1);
  EXPECT_EQ(AtOnce(gcra, kStart + 1250ms), 4);
}

TEST(GcraTest, WhoComesAtTheRateIsNeverLateAndSavesNothingBeyondTheBurst) {
  Gcra gcra;
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(gcra.WaitFor(kStart + i * 250ms, 250ms, 4s), 0s);
    gcra.Count(kStart + i * 250ms, 250ms);
  }
  EXPECT_EQ(AtOnce(gcra, kStart + 1h), 16);
}

TEST(GcraTest, WhatComesTooFastCountsToo) {
  Gcra gcra;
  for (int i = 0; i < 20; ++i) gcra.Count(kStart, 250ms);
  EXPECT_EQ(gcra.WaitFor(kStart, 250ms, 4s), 1250ms);
}

}  // namespace
}  // namespace mailwake
