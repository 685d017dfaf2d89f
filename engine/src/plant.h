// SPDX-License-Identifier: Apache-2.0
//
// Plants: places where the code can be broken on purpose, one at a time, to see that the simulation finds it (docs/testing.md). In an
// ordinary build Planted() is a constant and leaves nothing behind; a build with MAILWAKE_PLANTS has a switch, and only mailwake-sim is
// linked to it.
//
// Threads:    the switch is set before anything runs.
// Example:    if (Planted(Plant::kTicketAtEnd)) version = last_version_;

#ifndef MAILWAKE_SRC_PLANT_H_
#define MAILWAKE_SRC_PLANT_H_

#include <cstdint>
#include <string_view>

#ifdef MAILWAKE_PLANTS
#include <functional>
#endif

namespace mailwake {

enum class Plant : std::uint8_t {
  kNone,
  kCompareBeforeArming,
  kNoCompareAtEnd,
  kForgetCursor,
  kAcknowledgeEarly,
  kRestartCounter,
  kRollBack,
  kEvictUnwritten,
  kLoadOverwrites,
  kKeepVersion,
  kTicketAtEnd,
  kPartialSync,
  kIgnoreClass,
  kLoseUnion,
  kNoGeneration,
  kOwnByTime,
  kCancelRace,
  kTimerEarly,
  kPaceNews,
  kIgnoreReset,
  kSuspicionNotLoaded,
  kWindowGrows,
  kLoseFailedWrite,
  kListUnversioned,
  kRetryAtOnce,
  kNoLimit,
  kForgetRemembered,
  kNamesUnwatched,
  kNoPacing,
  kIgnoreMask,
  kAcknowledgeUnheard,
  kTraceOldestFirst,
  kTimerLate,
  kLeakWatch,
  kRepeatServesNewer,
  kDoneBeforeCommit,
  kStoreForgetsSuspicion,
  kStoreForgetsOther,
  kSqliteLosesCursors,
  kEndSyncAnyway,
  kStoreKeepsReset,
  kSqliteKeepsReset,
  kSqliteForgetsOther,
  kListStaysUnknown,
};

struct PlantInfo {
  Plant plant;
  std::string_view name;
};
inline constexpr PlantInfo kPlants[] = {
    {Plant::kCompareBeforeArming, "compare-before-arming"},
    {Plant::kNoCompareAtEnd, "no-compare-at-end"},
    {Plant::kForgetCursor, "forget-cursor-at-restart"},
    {Plant::kAcknowledgeEarly, "acknowledge-before-disk"},
    {Plant::kRestartCounter, "restart-counter"},
    {Plant::kRollBack, "roll-back-on-failed-commit"},
    {Plant::kEvictUnwritten, "evict-with-write-in-flight"},
    {Plant::kLoadOverwrites, "load-overwrites"},
    {Plant::kKeepVersion, "keep-version-of-new-folder"},
    {Plant::kTicketAtEnd, "ticket-at-end-of-sync"},
    {Plant::kPartialSync, "cursor-on-partial-sync"},
    {Plant::kIgnoreClass, "ignore-class-mismatch"},
    {Plant::kLoseUnion, "lose-union"},
    {Plant::kNoGeneration, "no-new-generation"},
    {Plant::kOwnByTime, "own-changes-by-time"},
    {Plant::kCancelRace, "cancel-races-wake"},
    {Plant::kTimerEarly, "timer-slot-early"},
    {Plant::kPaceNews, "pace-new-version"},
    {Plant::kIgnoreReset, "ignore-cursor-reset"},
    {Plant::kSuspicionNotLoaded, "suspicion-misses-cold-mailbox"},
    {Plant::kWindowGrows, "window-grows-with-changes"},
    {Plant::kLoseFailedWrite, "lose-failed-write"},
    {Plant::kListUnversioned, "folder-list-without-version"},
    {Plant::kRetryAtOnce, "retry-at-once"},
    {Plant::kNoLimit, "no-limit"},
    {Plant::kForgetRemembered, "forget-remembered-parameters"},
    {Plant::kNamesUnwatched, "names-all-that-changed"},
    {Plant::kNoPacing, "no-pacing"},
    {Plant::kIgnoreMask, "ignore-kind-mask"},
    {Plant::kAcknowledgeUnheard, "acknowledge-unheard-wake"},
    {Plant::kTraceOldestFirst, "trace-oldest-first"},
    {Plant::kTimerLate, "timer-late"},
    {Plant::kLeakWatch, "leak-watch"},
    {Plant::kRepeatServesNewer, "repeated-sync-key-serves-newer"},
    {Plant::kDoneBeforeCommit, "store-answers-before-commit"},
    {Plant::kStoreForgetsSuspicion, "store-forgets-suspicion"},
    {Plant::kStoreForgetsOther, "store-forgets-other"},
    {Plant::kSqliteLosesCursors, "sqlite-loses-cursors"},
    {Plant::kEndSyncAnyway, "end-sync-of-lost-answer"},
    {Plant::kStoreKeepsReset, "store-keeps-reset-cursors"},
    {Plant::kSqliteKeepsReset, "sqlite-keeps-reset-cursors"},
    {Plant::kSqliteForgetsOther, "sqlite-forgets-other"},
    {Plant::kListStaysUnknown, "sqlite-forgotten-keep-their-list"},
};

#ifdef MAILWAKE_PLANTS
inline Plant planted = Plant::kNone;
inline bool Planted(Plant plant) { return planted == plant; }
// In the middle of a section that a plant breaks: what another thread might do then in that mailbox.
inline std::function<void(std::string_view mailbox)> planted_yield;
inline void PlantedYield(std::string_view mailbox) {
  if (planted_yield) planted_yield(mailbox);
}
#else
constexpr bool Planted(Plant) { return false; }
inline void PlantedYield(std::string_view) {}
#endif

}  // namespace mailwake

#endif  // MAILWAKE_SRC_PLANT_H_
