// SPDX-License-Identifier: Apache-2.0
//
// Judge: whether a PING ends now, with which reason, or until when it waits. The one place that decides; called when a PING is entered,
// when its mailbox changes, when its time comes, and once more when its end is delivered. It reads the cursors and versions as they are.
//
// Order of answers (design): a forced end, the folder list, changes, the end of the heartbeat.
//
// Threads:    pure; REQUIRES the shard's lock.
// Cost:       O(folders of the PING).

#ifndef MAILWAKE_SRC_JUDGE_H_
#define MAILWAKE_SRC_JUDGE_H_

#include <cstdint>

#include "engine/src/mailbox.h"
#include "engine/src/watch.h"
#include "mailwake/options.h"

namespace mailwake {

struct Verdict {
  bool ends = false;
  EndReason reason = EndReason::kExpired;  // if it ends
  std::int64_t due_ms = 0;                 // if it waits: when to judge again
  // Why it waits, for Explain.
  enum class Wait : std::uint8_t { kNoChange, kCoalescing, kPaced, kLoading } wait = Wait::kNoChange;
};

// `behind` becomes the watched folders in which the device is behind, unless the end is forced.
// REQUIRES: the mailbox has been read, or the watch's end is forced.
Verdict Judge(const Options& options, const Watch& watch, std::int64_t now_ms, FolderSet& behind);

// The device was told of the folder's present version by its last wake, and has not synced since.
bool WasTold(const Mailbox& mailbox, const Device& device, DeviceNumber number, FolderNumber folder);

// Repeated wakes that tell nothing new and are not held back.
inline constexpr std::uint8_t kFreeRepeats = 3;
// How long after the last wake the next one that tells nothing new waits: 0 for the free ones, then 5 s, doubling up to 5 min.
std::int64_t PaceDelayMs(std::uint8_t repeats);

}  // namespace mailwake

#endif  // MAILWAKE_SRC_JUDGE_H_
