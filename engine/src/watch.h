// SPDX-License-Identifier: Apache-2.0
//
// Watch: a PING as the engine holds it.
//
// Its life: kLoading (its mailbox is being read) -> kParked (waits for a change or its deadline) -> kReady (to be judged once more and
// delivered) -> free. A superseded watch whose answer is held back is kClosing before kReady. A watch that still waits for news is "live":
// loading, parked, or ready without a forced end; live and past loading, it stands in its mailbox's `watchers` and in its device's slot.
//
// Threads:    none of its own; REQUIRES the shard's lock.
// Invariants: (1) kLoading, kParked and kClosing are `timed`: in the timer wheel, and due there when they are to be looked at; kReady is in
//                 a ready list. A timer stays in the wheel when its watch no longer needs it, and serves the next watch of that slot;
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

  // What few watches have: those that were refused, failed or shed, or wait for their mailbox.
  struct Rare {
    std::optional<Who> who;
    Refusal refusal = Refusal::kNone;
    std::uint32_t bound = 0;
    std::uint32_t retry_after_s = 0;
  };
  // Which list of its mailbox it stands in, by `siblings`.
  enum class List : std::uint8_t { kNone, kWatchers, kAside };

  Mailbox* mailbox = nullptr;
  FolderSet folders;
  EndCallback done;
  TimerNode timer;
  Links siblings;
  Slot next = kNoSlot;  // in a ready list, or free
  std::uint32_t generation = 1;
  DeviceNumber device = kNoDevice;
  PackedTime since;
  PackedTime deadline;
  WatchState state = WatchState::kFree;
  PingKind kind = PingKind::kPing;
  LoopId loop = 0;
  List list = List::kNone;
  std::optional<EndReason> forced;
  bool timed : 1 = false;
  bool counted : 1 = false;   // counts against Limits::pings
  bool misfit : 1 = false;    // names folders that do not fit the folder list: ends kHierarchy
  bool resync : 1 = false;    // changes may have been missed: ends kResync instead of kChanged
  bool draining : 1 = false;  // the deadline is Drain's
  bool delayed : 1 = false;   // counts in its device's Rivalry::delayed
  std::unique_ptr<Rare> rare;

  bool live() const { return state == WatchState::kLoading || state == WatchState::kParked || (state == WatchState::kReady && !forced); }
  // As new, but for its timer, its generation and the memory of its folders. REQUIRES: in no list.
  void Clear() {
    mailbox = nullptr;
    folders.Clear();
    done = {};
    device = kNoDevice;
    state = WatchState::kFree;
    kind = PingKind::kPing;
    loop = 0;
    forced.reset();
    timed = counted = misfit = resync = draining = delayed = false;
    rare.reset();
  }
  const Who* who() const { return rare && rare->who ? &*rare->who : nullptr; }
  Rare& Extend() {
    if (!rare) rare = std::make_unique<Rare>();
    return *rare;
  }
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_WATCH_H_
