// SPDX-License-Identifier: Apache-2.0
//
// Watch: a PING as the engine holds it.
//
// Its life: kLoading (its mailbox is being read) -> kParked (waits for a change or its deadline) -> kReady (to be judged once more and
// delivered) -> free. A superseded watch whose answer is held back is kClosing before kReady. A watch that still waits for news is "live":
// loading, parked, or ready without a forced end; live and past loading, it stands in its mailbox's `watchers` and in its device's slot.
//
// Threads:    none of its own; REQUIRES the shard's lock.
// Invariants: (1) kParked and kClosing are in the timer wheel, kLoading too; kReady is in a ready list, by the same links;
//             (2) `forced` is set iff the end no longer depends on versions.

#ifndef MAILWAKE_SRC_WATCH_H_
#define MAILWAKE_SRC_WATCH_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/src/device.h"
#include "engine/src/folder_set.h"
#include "engine/src/timer_wheel.h"
#include "mailwake/ping.h"

namespace mailwake {

struct Mailbox;

enum class WatchState : std::uint8_t { kFree, kLoading, kParked, kReady, kClosing };

struct Watch {
  // Who asked, where no device entry says so.
  struct Who {
    std::string mailbox;
    std::string device;
  };

  // Which list of its mailbox it stands in, by `siblings`.
  enum class List : std::uint8_t { kNone, kWatchers, kAside };

  TimerNode timer;  // its links are those of the ready list when kReady
  Links siblings;
  std::uint32_t generation = 1;
  WatchState state = WatchState::kFree;
  PingKind kind = PingKind::kPing;
  LoopId loop = 0;
  std::optional<EndReason> forced;
  Refusal refusal = Refusal::kNone;
  List list = List::kNone;
  bool counted = false;   // counts against Limits::pings
  bool misfit = false;    // names folders that do not fit the folder list: ends kHierarchy
  bool resync = false;    // changes may have been missed: ends kResync instead of kChanged
  bool draining = false;  // the deadline is Drain's
  bool delayed = false;   // counts in its device's Rivalry::delayed
  DeviceNumber device = kNoDevice;
  Mailbox* mailbox = nullptr;
  std::int64_t since_ms = 0;
  std::int64_t deadline_ms = 0;
  std::uint32_t bound = 0;
  std::uint32_t retry_after_s = 0;
  FolderSet folders;
  EndCallback done;
  std::unique_ptr<Who> who;

  bool live() const { return state == WatchState::kLoading || state == WatchState::kParked || (state == WatchState::kReady && !forced); }
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_WATCH_H_
