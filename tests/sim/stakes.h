// SPDX-License-Identifier: Apache-2.0
//
// Stakes: how often each promise was really at stake. A run in which nothing could have gone wrong proves nothing, and shows here.
//
// Threads:    one thread.
// Example:    stakes.Count(Stake::kChangeBetweenSyncAndPing); stakes.ByPromise()[1]

#ifndef MAILWAKE_TESTS_SIM_STAKES_H_
#define MAILWAKE_TESTS_SIM_STAKES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mailwake::sim {

enum class Stake : std::uint8_t {
  kChangeBetweenSyncAndPing,
  kChangeWhileHeld,
  kWakeRacesExpiry,
  kSyncOverlapped,
  kBehindAtCrash,
  kPublishMetLoading,
  kLostAnswer,
  kBehindAtOtherEnd,
  kAcknowledgedByPing,
  kPublishedAcross,
  kOwnChangeOnly,
  kNamedPart,
  kMasked,
  kOwnOutside,
  kSuperseded,
  kCancelLost,
  kEndedOtherwise,
  kOtherLoop,
  kRefusedForRoom,
  kColdMailbox,
  kFull,
  kOverBudget,
  kAcknowledged,
  kCrashWithWrites,
  kUnacknowledgedAtCrash,
  kCommitFailed,
  kOneCallFailed,
  kExpiredOnTime,
  kWokenAtOnce,
  kClockJumped,
  kWokenAtWindowEnd,
  kUnion,
  kWaitsForWindow,
  kExplained,
  kEndExplained,
  kVersionExplained,
  kPaced,
  kToldAgain,
  kMaybeAged,
  kHierarchy,
  kResync,
  kMisfit,
  kCaughtUp,
  kRivals,
  kEarlyPublish,
  kMissedByEarlyPublish,
  kStakes,
};
inline constexpr std::size_t kStakeCount = static_cast<std::size_t>(Stake::kStakes);

struct StakeInfo {
  int promise;  // 1 to 8; 0: liveness, pacing and the like
  std::string_view name;
};
const StakeInfo& Info(Stake stake);

class Stakes {
 public:
  void Count(Stake stake, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(stake)] += times; }
  std::uint64_t count(Stake stake) const { return counts_[static_cast<std::size_t>(stake)]; }
  // [0] is liveness.
  std::array<std::uint64_t, 9> ByPromise() const;
  void Add(const Stakes& other) {
    for (std::size_t i = 0; i < kStakeCount; ++i) counts_[i] += other.counts_[i];
  }
  friend bool operator==(const Stakes&, const Stakes&) = default;

 private:
  std::array<std::uint64_t, kStakeCount> counts_{};
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_STAKES_H_
