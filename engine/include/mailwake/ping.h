// SPDX-License-Identifier: Apache-2.0
//
// A PING: a request to be told when its device is behind in one of the PING's folders. What one asks, and how one ends.
//
// Threads:    plain values.
// Invariants: (1) each PING ends exactly once, with one EndReason;
//             (2) its callback never runs before Hold has returned, never nested, never under a lock of the engine;
//             (3) the names in a PingEnd are valid during the callback only.

#ifndef MAILWAKE_PING_H_
#define MAILWAKE_PING_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mailwake/end_callback.h"
#include "mailwake/types.h"

namespace mailwake {

// Names a held PING. Carries a generation, so that a late Cancel is harmless. Value 0 is never given out.
struct PingId {
  std::uint64_t value = 0;
  friend auto operator<=>(const PingId&, const PingId&) = default;
};

// An event loop that takes ends (Engine::AddLoop). Loop 0 always exists: advance() delivers it.
using LoopId = std::uint8_t;

enum class PingKind : std::uint8_t {
  kPing,  // its parameters are remembered for the device
  kSync,  // a hanging sync: stands beside the device's PING, nothing is remembered
};

struct PingRequest {
  std::string_view mailbox;
  std::string_view device;
  // Left out: what the device's last accepted PING said.
  std::optional<std::chrono::seconds> heartbeat = std::nullopt;
  std::optional<std::vector<WatchedFolder>> folders = std::nullopt;
  PingKind kind = PingKind::kPing;
  LoopId loop = 0;
  // An opaque name of the network the device is in, for the heartbeat statistics.
  std::string_view network = {};
};

enum class EndReason : std::uint8_t {
  kChanged,     // behind in `folders`, and only in these of the watched ones
  kExpired,     // the heartbeat ended and the device is behind in nothing
  kHierarchy,   // the folder list changed, or the PING does not fit it
  kResync,      // changes may have been missed: `folders` names all watched ones
  kSuperseded,  // a newer PING of the device took its place
  kCancelled,   // Cancel won
  kRefused,     // never held, or the right to wait ended: see `refusal`
  kShed,        // ended early by Shed, to make room
  kDrained,     // ended by Drain
  kFailed,      // the store could not be read
};
inline constexpr std::size_t kEndReasons = 10;
std::string_view Name(EndReason reason);

enum class Refusal : std::uint8_t {
  kNone,
  kInvalid,            // an id is empty or too long
  kMissingParameters,  // heartbeat or folders left out and none remembered
  kHeartbeatTooShort,  // `bound`: the minimum in seconds
  kHeartbeatTooLong,   // `bound`: the maximum in seconds
  kTooManyFolders,     // `bound`: the most folders that a PING may name
  kMailboxFull,        // `bound`: the most PINGs, devices or folders of one mailbox; see `retry_after`
  kServerFull,         // `bound`: the most PINGs of this engine; see `retry_after`
  kRevoked,            // EndDevice or EndMailbox
};
std::string_view Name(Refusal refusal);

struct PingEnd {
  PingId id;
  EndReason reason = EndReason::kExpired;
  std::span<const std::string_view> folders = {};  // kChanged, kResync
  Refusal refusal = Refusal::kNone;                // kRefused
  std::int64_t bound = 0;                          // kRefused: the limit that was broken
  std::chrono::seconds retry_after{0};             // kRefused for want of room, kShed, kFailed
};

}  // namespace mailwake

#endif  // MAILWAKE_PING_H_
