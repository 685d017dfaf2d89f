// SPDX-License-Identifier: Apache-2.0
//
// A ledger of three devices in two mailboxes, and short words for what it is told.
//
// Example:    Publish("inbox", 100ms); Wake(0, "inbox", 105ms); EXPECT_EQ(Finish().missed, 1u);

#ifndef MAILWAKE_TESTS_BENCH_LEDGER_FIXTURE_H_
#define MAILWAKE_TESTS_BENCH_LEDGER_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bench/fleet/ledger.h"

namespace mailwake::fleet {

using namespace std::chrono_literals;

inline Instant At(std::chrono::milliseconds time) { return Instant(time); }

// Two devices of one mailbox that watch inbox and calendar, and one of another.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    for (DeviceIndex device : {0, 1, 2}) ledger_.Watching(device, std::vector<std::string>{"inbox", "calendar"});
  }

  Ledger::Receipt Publish(const char* folder, std::chrono::milliseconds sent, std::optional<std::uint32_t> origin = std::nullopt) {
    Ledger::Receipt receipt = ledger_.Sent(0, folder, origin, At(sent));
    ledger_.Acknowledged(receipt, At(sent + 2ms));
    return receipt;
  }
  void Wake(DeviceIndex device, const char* folder, std::chrono::milliseconds at) {
    ledger_.Woken(device, std::vector<std::string>{folder}, At(at));
  }
  void Sync(DeviceIndex device, const char* folder, std::chrono::milliseconds at) { ledger_.Synced(device, folder, At(at), At(at + 3ms)); }
  void WakeAndSync(DeviceIndex device, const char* folder, std::chrono::milliseconds at) {
    Wake(device, folder, at);
    Sync(device, folder, at + 1ms);
  }
  // A change of which the server woke the first device at 105 ms, and was gone before it answered the publisher.
  Ledger::Receipt WakesUnanswered(std::optional<std::uint32_t> origin = std::nullopt) {
    const Ledger::Receipt receipt = ledger_.Sent(0, "inbox", origin, At(100ms));
    WakeAndSync(0, "inbox", 105ms);
    return receipt;
  }
  // The publisher says it again, and is answered.
  void SentAgain(Ledger::Receipt receipt) {
    ledger_.SentAgain(receipt, At(200ms));
    ledger_.Acknowledged(receipt, At(210ms));
  }
  Totals Finish() {
    ledger_.Finish();
    const Totals totals = ledger_.totals();
    EXPECT_EQ(totals.wakes_expected, totals.wakes + totals.missed);
    return totals;
  }

  Ledger ledger_{2, 2, 5s};
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_TESTS_BENCH_LEDGER_FIXTURE_H_
