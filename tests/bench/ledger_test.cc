// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/ledger_fixture.h"

namespace mailwake::fleet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(LedgerTest, AChangeThatIsSentAgainIsForeignToItsOrigin) {
  const Ledger::Receipt receipt = ledger_.Sent(0, "inbox", 1, At(100ms));
  ledger_.SentAgain(receipt, At(200ms));
  ledger_.Acknowledged(receipt, At(210ms));
  Wake(1, "inbox", 212ms);
  EXPECT_EQ(Finish().foreign, 1u);
}

TEST_F(LedgerTest, CountsAWakeForEachDeviceThatAChangeConcerns) {
  Publish("inbox", 100ms);
  EXPECT_EQ(ledger_.Owed(), 2u);
  Wake(0, "inbox", 110ms);
  Wake(1, "inbox", 130ms);
  EXPECT_EQ(ledger_.Owed(), 0u);
  Sync(0, "inbox", 111ms);
  Sync(1, "inbox", 131ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.changes, 1u);
  EXPECT_EQ(totals.wakes_expected, 2u);
  EXPECT_EQ(totals.wakes, 2u);
  EXPECT_EQ(totals.missed, 0u);
  EXPECT_EQ(totals.foreign, 0u);
  EXPECT_EQ(ledger_.latency().max(), 30ms);
}

TEST_F(LedgerTest, FindsAPlantedMiss) {
  Publish("inbox", 100ms);
  Wake(0, "inbox", 110ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes_expected, 2u);
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.missed, 1u);
  EXPECT_THAT(ledger_.complaints(), ElementsAre(HasSubstr("missed: fleet000001d2 of fleet-000001@example.org, folder inbox")));
}

TEST_F(LedgerTest, AWakeThatNamesAnotherFolderIsAMissAndForeign) {
  Publish("inbox", 100ms, 1);
  Wake(0, "calendar", 110ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes, 0u);
  EXPECT_EQ(totals.missed, 1u);
  EXPECT_EQ(totals.foreign, 1u);
}

TEST_F(LedgerTest, FindsAPlantedForeignWake) {
  Publish("inbox", 100ms);
  Wake(0, "inbox", 110ms);
  Wake(1, "inbox", 110ms);
  Wake(2, "inbox", 110ms);  // another mailbox
  const Totals totals = Finish();
  EXPECT_EQ(totals.foreign, 1u);
  EXPECT_EQ(totals.wakes, 2u);
  EXPECT_THAT(ledger_.complaints(), ElementsAre(HasSubstr("foreign wake: fleet000002d1 of fleet-000002@example.org, folder inbox")));
}

TEST_F(LedgerTest, AWakeForWhatWasSyncedIsForeign) {
  Publish("inbox", 100ms, 1);
  Wake(0, "inbox", 110ms);
  Sync(0, "inbox", 111ms);
  Wake(0, "inbox", 120ms);
  EXPECT_EQ(Finish().foreign, 1u);
}

TEST_F(LedgerTest, AWakeForAnOwnChangeIsForeign) {
  Publish("inbox", 100ms, 0);
  Wake(1, "inbox", 110ms);
  Wake(0, "inbox", 110ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.own_changes, 1u);
  EXPECT_EQ(totals.wakes_expected, 1u);
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.foreign, 1u);
}

TEST_F(LedgerTest, AWakeForAFolderThatIsNotWatchedIsForeign) {
  Publish("sent", 100ms);
  Wake(0, "sent", 110ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes_expected, 0u);
  EXPECT_EQ(totals.foreign, 1u);
}

TEST_F(LedgerTest, AWakeMayComeBeforeTheAcknowledgement) {
  const Ledger::Receipt receipt = ledger_.Sent(0, "inbox", 1, At(100ms));
  Wake(0, "inbox", 101ms);
  ledger_.Acknowledged(receipt, At(105ms));
  Sync(0, "inbox", 106ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.foreign, 0u);
}

TEST_F(LedgerTest, AWakeThatWasReadBeforeTheChangeWasSentTellsNothingOfIt) {
  Publish("inbox", 100ms, 1);
  Publish("inbox", 120ms, 1);
  Wake(0, "inbox", 110ms);  // told to the ledger only now
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.missed, 1u);
}

TEST_F(LedgerTest, ChangesInOneFolderShareAWake) {
  Publish("inbox", 100ms, 1);
  Publish("inbox", 101ms, 1);
  Publish("calendar", 102ms, 1);
  ledger_.Woken(0, std::vector<std::string>{"inbox", "calendar"}, At(110ms));
  const Totals totals = Finish();
  EXPECT_EQ(totals.changes, 3u);
  EXPECT_EQ(totals.wakes_expected, 2u);
  EXPECT_EQ(totals.wakes, 2u);
  EXPECT_EQ(totals.answers, 1u);
  EXPECT_EQ(ledger_.latency().max(), 10ms);  // of the first
}

TEST_F(LedgerTest, WhatASyncOvertookNeedsNoWake) {
  Publish("inbox", 100ms, 1);
  Sync(0, "inbox", 110ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes_expected, 0u);
  EXPECT_EQ(totals.covered, 1u);
  EXPECT_EQ(totals.missed, 0u);
}

TEST_F(LedgerTest, AChangeAfterTheSyncMustBeToldOf) {
  Publish("inbox", 100ms, 1);
  Wake(0, "inbox", 110ms);
  Sync(0, "inbox", 111ms);  // answered at 114
  Publish("inbox", 114ms, 1);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes_expected, 2u);
  EXPECT_EQ(totals.missed, 1u);
}

TEST_F(LedgerTest, AChangeAfterTheSyncIsDueEvenIfTheSyncIsReportedLater) {
  Publish("inbox", 115ms, 1);
  Sync(0, "inbox", 111ms);  // answered at 114
  EXPECT_EQ(ledger_.Owed(), 1u);
  EXPECT_EQ(Finish().missed, 1u);
}

TEST_F(LedgerTest, WhatWasPublishedDuringASyncIsUndecided) {
  Publish("inbox", 112ms, 1);
  Sync(0, "inbox", 111ms);
  EXPECT_EQ(ledger_.Owed(), 0u);
  const Totals totals = Finish();
  EXPECT_EQ(totals.undecided, 1u);
  EXPECT_EQ(totals.missed, 0u);
  EXPECT_EQ(totals.wakes_expected, 0u);
}

TEST_F(LedgerTest, AWakeForWhatWasPublishedDuringASyncIsNotForeign) {
  Publish("inbox", 112ms, 1);
  Sync(0, "inbox", 111ms);
  Wake(0, "inbox", 120ms);
  Sync(0, "inbox", 121ms);
  Wake(0, "inbox", 130ms);  // but this one is
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.undecided, 0u);
  EXPECT_EQ(totals.foreign, 1u);
}

TEST_F(LedgerTest, ASyncBeforeTheAcknowledgementDoesNotSettleWhatAWakeMayNotHaveKnown) {
  Publish("inbox", 100ms, 1);
  const Ledger::Receipt late = ledger_.Sent(0, "inbox", 1, At(109ms));
  Wake(0, "inbox", 110ms);  // perhaps for the first change only
  Sync(0, "inbox", 111ms);
  ledger_.Acknowledged(late, At(120ms));
  Wake(0, "inbox", 125ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes, 2u);
  EXPECT_EQ(totals.foreign, 0u);
}

TEST_F(LedgerTest, TheOnlyChangeThatAWakeCanBeAboutHadTakenEffect) {
  const Ledger::Receipt slow = ledger_.Sent(0, "inbox", 1, At(100ms));
  Wake(0, "inbox", 101ms);
  Sync(0, "inbox", 102ms);  // so this one holds it
  ledger_.Acknowledged(slow, At(150ms));
  Wake(0, "inbox", 200ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.wakes, 1u);
  EXPECT_EQ(totals.undecided, 0u);
  EXPECT_EQ(totals.foreign, 1u);
}

TEST_F(LedgerTest, WhatASyncMayHaveOvertakenDoesNotMakeALaterWakeLookSlow) {
  Publish("inbox", 112ms, 1);
  Sync(0, "inbox", 111ms);
  Publish("inbox", 4000ms, 1);
  Wake(0, "inbox", 4003ms);
  EXPECT_EQ(Finish().wakes, 1u);
  EXPECT_EQ(ledger_.latency().max(), 3ms);
}

TEST_F(LedgerTest, AWakeThatCanOnlyBeAboutWhatASyncMissedCountsInFull) {
  Publish("inbox", 112ms, 1);
  Sync(0, "inbox", 111ms);
  Wake(0, "inbox", 140ms);
  EXPECT_EQ(Finish().wakes, 1u);
  EXPECT_EQ(ledger_.latency().count(), 1u);
  EXPECT_EQ(ledger_.latency().max(), 28ms);
}

TEST_F(LedgerTest, APingThatExpiresAlthoughTheDeviceIsBehindIsAMissEvenIfALaterWakeComes) {
  Publish("inbox", 100ms, 1);
  ledger_.Expired(0, At(101ms), At(900ms));  // sent before the acknowledgement: it may have come first
  EXPECT_EQ(ledger_.totals().missed, 0u);
  ledger_.Expired(0, At(950ms), At(1900ms));
  EXPECT_EQ(ledger_.totals().missed, 1u);
  Wake(0, "inbox", 2000ms);
  const Totals totals = Finish();
  EXPECT_EQ(totals.missed, 1u);
  EXPECT_EQ(totals.wakes, 0u);
  EXPECT_EQ(totals.repeated, 1u);
}

TEST_F(LedgerTest, AChangeThatWasNeverAcknowledgedIsOwedToNobody) {
  ledger_.Sent(0, "inbox", 1, At(100ms));
  EXPECT_EQ(ledger_.Owed(), 0u);
  const Totals totals = Finish();
  EXPECT_EQ(totals.changes, 0u);
  EXPECT_EQ(totals.missed, 0u);
  EXPECT_EQ(totals.wakes_expected, 0u);
}

TEST_F(LedgerTest, AFolderThatIsNoLongerWatchedIsOwedNothing) {
  Publish("inbox", 100ms, 1);
  Publish("calendar", 100ms, 1);
  ledger_.Watching(0, std::vector<std::string>{"inbox"});
  EXPECT_EQ(ledger_.Owed(), 1u);  // what is still watched is still owed
  EXPECT_EQ(Finish().missed, 1u);
}

TEST_F(LedgerTest, SaysWhichWakesWereLate) {
  Publish("inbox", 100ms, 1);
  Wake(0, "inbox", 5101ms);
  EXPECT_EQ(Finish().late, 1u);
}

// A made-up server that is right except for what is planted: the counts must come out exactly.
TEST(FleetLedger, CountsExactlyWhatWasPlantedInARandomRun) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const auto chance = [&](int percent) { return static_cast<int>(random() % 100) < percent; };
    Ledger ledger(5, 1, 5s);
    std::uint64_t missed = 0;
    std::uint64_t foreign = 0;
    std::uint64_t wakes = 0;
    for (DeviceIndex device = 0; device < 5; ++device) ledger.Watching(device, std::vector<std::string>{"inbox"});
    std::chrono::milliseconds now{0};
    for (int round = 0; round < 100; ++round) {
      const auto device = static_cast<DeviceIndex>(random() % 4);
      now += 10ms;
      if (chance(80)) {
        ledger.Acknowledged(ledger.Sent(device, "inbox", std::nullopt, At(now)), At(now + 1ms));
        if (chance(5)) {  // the server forgets: it never wakes the device again for this, but the Ping expires
          ledger.Expired(device, At(now + 2ms), At(now + 3ms));
          ++missed;
        } else {
          ledger.Woken(device, std::vector<std::string>{"inbox"}, At(now + 2ms));
          ++wakes;
        }
        ledger.Synced(device, "inbox", At(now + 4ms), At(now + 5ms));
      } else {
        ledger.Woken(device, std::vector<std::string>{"inbox"}, At(now));
        ++foreign;
      }
    }
    ledger.Acknowledged(ledger.Sent(4, "inbox", std::nullopt, At(now)), At(now + 1ms));
    ++missed;
    ledger.Finish();
    const Totals totals = ledger.totals();
    EXPECT_EQ(totals.missed, missed);
    EXPECT_EQ(totals.foreign, foreign);
    EXPECT_EQ(totals.wakes, wakes);
    EXPECT_EQ(totals.wakes_expected, wakes + missed);
  }
}

}  // namespace
}  // namespace mailwake::fleet
