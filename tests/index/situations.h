// SPDX-License-Identifier: Apache-2.0
//
// Situations: what must really have happened, or the test is blind.
//
// Threads:    one thread.

#ifndef MAILWAKE_TESTS_INDEX_SITUATIONS_H_
#define MAILWAKE_TESTS_INDEX_SITUATIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace mailwake::testing {

// PINGs of one mailbox: so few, and so many, that an index would keep them in different ways.
inline constexpr std::size_t kFew = 5;
inline constexpr std::size_t kVeryMany = 100;

enum class Situation : std::uint8_t {
  kFewToVeryMany,
  kOver250,
  kVeryManyToFew,
  kVeryManyToNone,
  kSecondDevice,
  kReadAgain,
  kCrowdReadAgain,
  kWokenByOver63,
  kWatchesOver63,
  kFolderMadeRoom,
  kWokenBySeveral,
  kOneOfVeryMany,
  kVeryManyAtOnce,
  kNobodyOfVeryMany,
  kOwnChangeWakesOthers,
  kOwnChangeWakesNobody,
  kBatchWakesInSeveral,
  kBehindWhenHeld,
  kHangingSyncWoken,
  kBothOfADevice,
  kSyncTakesWakeBack,
  kOldTicketTooOld,
  kTicketOfOlderSync,
  kResetWakes,
  kExpired,
  kExpiredOfVeryMany,
  kSuperseded,
  kSupersededDecided,
  kSupersededOfVeryMany,
  kCancelled,
  kCancelOfDecided,
  kStaleCancel,
  kStaleCancelMeetsNext,
  kRemembered,
  kRememberedReadAgain,
  kNothingRemembered,
  kMailboxFull,
  kDeviceEnded,
  kMailboxEnded,
  kVeryManyEnded,
  kCount,
};

struct Situations {
  static constexpr std::size_t kCount = static_cast<std::size_t>(Situation::kCount);
  static constexpr std::array<const char*, kCount> kNames = {
      "few PINGs of a mailbox became very many",
      "an operation while over 250 waited in the mailbox",
      "very many became few",
      "very many became none",
      "a second device came and went",
      "a mailbox was read again",
      "a mailbox in which very many had waited was read again",
      "woken by more than 63 folders",
      "a PING watched more than 63 folders",
      "a folder that only PINGs had named made room",
      "woken by several folders",
      "a change woke one of very many",
      "a change woke very many",
      "a change woke none of very many",
      "an own change woke others only",
      "an own change woke nobody, though its device watched",
      "a batch woke PINGs of several mailboxes",
      "behind already when held",
      "a hanging sync was woken",
      "a change woke both the PING and the hanging sync of a device",
      "a sync took a wake back",
      "a sync with an old ticket left its device behind",
      "a sync ended after one that began later",
      "a reset cursor woke",
      "expired",
      "one of very many expired",
      "superseded",
      "superseded when its end was decided",
      "one of very many was superseded",
      "cancelled",
      "cancelled when another end was decided",
      "a stale Cancel",
      "a stale Cancel while the device waits again",
      "remembered folders were held",
      "remembered folders were held in a mailbox that was read again",
      "refused: nothing is remembered",
      "refused: the mailbox is full",
      "a device's PINGs were ended",
      "a mailbox's PINGs were ended",
      "very many of a mailbox were ended",
  };

  std::uint64_t& operator[](Situation situation) { return counts[static_cast<std::size_t>(situation)]; }

  std::array<std::uint64_t, kCount> counts{};
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_INDEX_SITUATIONS_H_
