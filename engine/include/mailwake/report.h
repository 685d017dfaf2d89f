// SPDX-License-Identifier: Apache-2.0
//
// What an engine tells of itself: Stats, the live PINGs, why a device was woken or was not, the heartbeat statistics.
//
// Threads:    plain values, copies of one moment.
// Cost:       Stats O(shards); Explain O(folders of the PING); Pings O(PINGs listed).

#ifndef MAILWAKE_REPORT_H_
#define MAILWAKE_REPORT_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailwake/ping.h"
#include "mailwake/types.h"

namespace mailwake {

struct Stats {
  std::uint64_t pings_held = 0;    // now
  std::uint64_t mailboxes = 0;     // in memory now
  std::uint64_t memory_bytes = 0;  // for mailboxes and PINGs, with the allocator's overhead; an estimate that leaves out what few have
  std::uint64_t mailboxes_loading = 0;
  std::uint64_t unsaved_mailboxes = 0;  // a commit of theirs failed and is being tried again
  std::uint64_t holds = 0;              // since start, this and the rest
  std::uint64_t changes = 0;            // published and given a version
  std::uint64_t repeats = 0;            // published again at or below the host's own number
  std::uint64_t masked = 0;             // of a kind that wakes nobody
  std::uint64_t wakes_paced = 0;        // held back: the device was told and has not synced
  std::uint64_t commits = 0;
  std::uint64_t commit_failures = 0;
  std::uint64_t load_failures = 0;
  std::array<std::uint64_t, kEndReasons> ends{};  // by EndReason
};

// One PING that waits.
struct PingView {
  PingId id;
  std::string mailbox;
  std::string device;
  PingKind kind = PingKind::kPing;
  Time since;
  Time deadline;
  std::uint32_t folders = 0;
};

// How a PING ended.
struct EndRecord {
  PingId id;
  std::string mailbox;
  std::string device;
  EndReason reason = EndReason::kExpired;
  Time time;
  std::string folder = {};  // the first that it named
  Version version = 0;      // of that folder's change
};

// Why a device waits, or how its last PING ended.
struct Explanation {
  struct Folder {
    std::string id;
    ItemClass item_class = ItemClass::kEmail;
    Version version = 0;  // what the device is compared with: own changes left out
    Version cursor = 0;   // how far the device has synced
    bool behind = false;
  };
  bool in_memory = false;             // false: `ends` is all that is known without reading the store
  std::optional<PingView> waiting;    // the live PING
  std::string why;                    // one sentence: why it waits
  std::vector<Folder> folders;        // of the live PING
  std::optional<EndRecord> last_end;  // of the device's last PING
  std::vector<EndRecord> ends;        // older ones still in the ring, newest first
};

// The last heartbeats: PINGs and hanging syncs apart.
struct HeartbeatReport {
  struct Network {
    std::string name;
    std::size_t heartbeats = 0;
    std::size_t devices = 0;
    std::chrono::seconds mean{0};
  };
  PingKind kind = PingKind::kPing;
  std::size_t samples = 0;
  std::chrono::seconds mean{0};
  bool alarm = false;             // the window is full and the mean is at or below the threshold
  std::size_t devices = 0;        // that have a heartbeat at or below the threshold in the window
  std::vector<Network> networks;  // where those devices are, most heartbeats first
};

}  // namespace mailwake

#endif  // MAILWAKE_REPORT_H_
