// SPDX-License-Identifier: Apache-2.0
//
// Servers that crash, and publishers that say a change again.
#include <gtest/gtest.h>

#include "tests/bench/ledger_fixture.h"

namespace mailwake::fleet {
namespace {

TEST_F(LedgerTest, AChangeThatIsSentAgainMayWakeAgain) {
  SentAgain(WakesUnanswered());
  WakeAndSync(0, "inbox", 212ms);
  WakeAndSync(1, "inbox", 213ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.foreign, 0u);
  EXPECT_EQ(totals.missed, 0u);
  EXPECT_EQ(totals.changes, 1u);
}

TEST_F(LedgerTest, AChangeThatIsSentAgainNeedNotWakeAgain) {
  SentAgain(WakesUnanswered(1));
  const Totals totals = Finish();
  EXPECT_EQ(totals.missed, 0u);
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.undecided, 1u);
}

// The wake that comes between the second try's first byte and its answer may be about the first.
TEST_F(LedgerTest, AWakeDoesNotSayWhichTryTookEffect) {
  const Ledger::Receipt receipt = ledger_.Sent(0, "inbox", 1, At(100ms));
  ledger_.SentAgain(receipt, At(200ms));
  Wake(0, "inbox", 205ms);
  Sync(0, "inbox", 206ms);
  Wake(0, "inbox", 209ms);
  ledger_.Acknowledged(receipt, At(210ms));
  Sync(0, "inbox", 212ms);
  Wake(0, "inbox", 220ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.foreign, 1u);  // the third: no try was on its way any more
  EXPECT_EQ(totals.missed, 0u);
}

// A server that is killed right after it answered a Sync may wake once more for what that Sync held; no more than once, and no later.
TEST_F(LedgerTest, ASyncThatACrashMayHaveLostIsDoneAgain) {
  Publish("inbox", 100ms);
  WakeAndSync(0, "inbox", 105ms);
  ledger_.Closed(0, At(500ms));
  Wake(0, "inbox", 2'000ms);
  Totals totals = ledger_.totals();
  EXPECT_EQ(totals.repeated, 1u);
  EXPECT_EQ(totals.foreign, 0u);
  Sync(0, "inbox", 2'001ms);
  Wake(0, "inbox", 2'100ms);
  EXPECT_EQ(ledger_.totals().foreign, 1u);
}

TEST_F(LedgerTest, ASyncLongBeforeACrashIsKept) {
  Publish("inbox", 100ms);
  WakeAndSync(0, "inbox", 105ms);
  ledger_.Closed(0, At(1'200ms));
  Wake(0, "inbox", 2'000ms);
  EXPECT_EQ(Finish().foreign, 1u);
}

// The wake may be about what the crash undid.
TEST_F(LedgerTest, AWakeAfterACrashDoesNotSayThatANewChangeTookEffect) {
  Publish("inbox", 100ms);
  WakeAndSync(0, "inbox", 105ms);
  ledger_.Closed(0, At(500ms));
  const Ledger::Receipt receipt = ledger_.Sent(0, "inbox", 1, At(1'990ms));
  WakeAndSync(0, "inbox", 2'000ms);
  Wake(0, "inbox", 2'010ms);
  ledger_.Acknowledged(receipt, At(2'011ms));
  EXPECT_EQ(Finish().foreign, 0u);
}

}  // namespace
}  // namespace mailwake::fleet
