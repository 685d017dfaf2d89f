// SPDX-License-Identifier: Apache-2.0
//
// Options: everything about an engine that its owner decides. Every limit has a unit and a default that suits a server of its own.
//
// Threads:    a plain value; the engine keeps a copy.
// Example:    Options options{.heartbeat_max = 59min, .limits = {.pings = 200'000}};

#ifndef MAILWAKE_OPTIONS_H_
#define MAILWAKE_OPTIONS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include "mailwake/types.h"

namespace mailwake {

struct Limits {
  // Held at once in this engine. The last 10 % are not for devices that are told again and again and do not sync, the last 5 % not for
  // devices that have never been here; but one that takes another's place always may.
  std::size_t pings = 1'000'000;
  std::size_t pings_per_mailbox = 100;  // held at once in one mailbox; a superseded PING does not count
  std::size_t folders_per_ping = 300;
  std::size_t folders_per_mailbox = 5'000;
  std::size_t devices_per_mailbox = 1'000;
  // What the engine may take, as Stats::memory_bytes counts it. Over it, mailboxes that nobody needs leave memory first; then a PING that
  // takes no other's place is refused. Changes are never refused for it.
  std::size_t memory_bytes = std::numeric_limits<std::size_t>::max();
  std::size_t idle_mailboxes = 20'000;       // kept in memory though nobody waits in them; those over it lose open windows and pacing
  std::size_t deferred_per_mailbox = 1'000;  // calls that wait for a mailbox to load
  std::size_t trace = 4'096;                 // ends remembered for Explain
};

enum class Acknowledge : std::uint8_t {
  kSync,  // cursors move by BeginSync/EndSync: P1 in full
  // The next PING of a device acknowledges what its last delivered wake named. Weaker than P1, and in memory only: mailboxes have to stay
  // there from one PING to the next (Limits::idle_mailboxes).
  kPing,
};

struct Options {
  std::chrono::seconds heartbeat_min{60};
  std::chrono::seconds heartbeat_max{3540};  // Exchange 2007 and later
  // After a wake for a class, further changes of that class wait until this has passed since the wake. 0: every change wakes at once.
  std::array<Duration, kItemClasses> coalesce{};
  // Kinds that are changes at all, by class: bit 1 << ChangeKind. A masked kind gets no version and wakes nobody.
  std::array<std::uint8_t, kItemClasses> wake_kinds{0xF, 0xF, 0xF, 0xF, 0xF};
  Limits limits{};
  Acknowledge acknowledge = Acknowledge::kSync;
  // Told in refusals for want of room; each refusal adds up to as much again, so that devices do not return in step.
  std::chrono::seconds retry_after{30};
  // Devices not seen for this long are forgotten; they are then behind in everything, which is safe. Of folder lists they are told again
  // once they have fetched the present one: let whoever comes back after so long begin with it. 1 h to 100 years.
  std::chrono::hours age_out{24 * 90};
  // Heartbeat alarm: mean of the last `heartbeat_window` heartbeats at or below this (Exchange events 3033 and 1040, KB 905013).
  std::size_t heartbeat_window = 200;
  std::chrono::seconds heartbeat_alarm{540};

  std::size_t shards = 64;  // power of two, at most 64
  std::uint64_t seed = 1;   // of all jitter
  // Gives the time for calls that have none as an argument. Empty: the time of the last advance(); then call advance(now) at the start of
  // each turn of your loop. Called under a shard's lock: must be quick and must not call the engine.
  std::function<Time()> clock = {};
  // next_deadline() has moved earlier: call it again, and advance() by then. May run on any thread; must not call the engine.
  std::function<void()> deadline_moved = {};
};

}  // namespace mailwake

#endif  // MAILWAKE_OPTIONS_H_
