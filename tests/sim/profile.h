// SPDX-License-Identifier: Apache-2.0
//
// Profile: what a simulated world is made of. Each seed draws which kinds of devices, networks and faults there are and how strong they are
// (swarm testing: a world in which everything happens at once hides what a world with two faults shows).
//
// Threads:    a plain value.
// Invariants: equal seeds give equal profiles.
// Example:    Profile profile = DrawProfile(42); std::cerr << Describe(profile);

#ifndef MAILWAKE_TESTS_SIM_PROFILE_H_
#define MAILWAKE_TESTS_SIM_PROFILE_H_

#include <array>
#include <cstdint>
#include <string>

#include "mailwake/options.h"

namespace mailwake::sim {

// Chances are in [0, 1]; a mean of 0 means "never"; all durations are milliseconds unless the name says otherwise.
struct Profile {
  std::uint64_t seed = 0;
  bool sqlite = false;

  std::int64_t active_ms = 0;  // how long changes and faults come
  int mailboxes = 1;
  int devices_most = 1;  // of a mailbox
  int folders_most = 1;
  double declared = 0;     // mailboxes with a declared folder list
  double active_sync = 0;  // devices that speak ActiveSync; the others are held by a host's own front end
  double shared_id = 0;    // mailboxes in which two clients have one device id

  // ---- The engine
  std::size_t shards = 1;
  std::int64_t heartbeat_min_s = 60;
  std::int64_t heartbeat_max_s = 3540;
  std::array<std::int64_t, kItemClasses> coalesce_ms{};
  Limits limits{};
  std::int64_t retry_after_s = 30;

  // ---- Devices
  double impatient = 0;        // fixed heartbeats of 180 and 470 s
  double ping_first = 0;       // PING before the first Sync
  double empty_ping = 0;       // leaves out what is remembered; also as its first PING
  double double_ping = 0;      // a second PING beside the first
  double ignores_list = 0;     // goes on after status 7
  double never_syncs = 0;      // after a wake
  double half_sync = 0;        // half of the folders named
  double forgets_repeat = 0;   // of a lost answer to a Sync
  double vanishes = 0;         // in the middle of a request
  double hanging_sync = 0;     // Sync with Wait instead of PING
  double own_changes = 0;      // in a Sync
  double wrong_class = 0;      // in a PING
  std::int64_t think_ms = 50;  // between an answer and the next request, at most
  std::int64_t offline_mean_ms = 0;

  // ---- Networks
  std::int64_t latency_ms = 50;      // at most
  double loss = 0;                   // a request or an answer is lost silently
  double idle_cut = 0;               // devices behind a firewall that cuts idle connections silently
  std::int64_t idle_cut_ms = 0;      // after this long, at the least
  std::int64_t write_ms = 0;         // until the last byte of an answer is written, at most
  std::int64_t provider_ms = 0;      // until the mail server has read what a Sync is given, at most
  double write_fails = 0;            // an answer's write is known to have failed
  double gone_unseen = 0;            // a device that hangs up is not noticed
  std::int64_t unreachable_ms = 50;  // until a device learns that the server is down, at most

  // ---- The mail store and its publishers
  std::int64_t change_mean_ms = 60'000;  // of a mailbox
  double burst = 0;
  double repeat = 0;
  double reorder = 0;
  double host_versions = 0;       // mailboxes whose changes carry the host's own number
  double deletes = 0;             // of folders, by the folder-list actor
  std::int64_t readable_ms = 0;   // before the event, at most
  double early = 0;               // events before the change is readable: the publisher's fault
  std::int64_t list_mean_ms = 0;  // folder lists change
  double class_change = 0;        // a folder comes again with another class
  double batch = 0;               // changes of several folders in one call

  // ---- The store
  std::int64_t store_ms = 0;  // a call takes at most this
  std::int64_t store_fails_mean_ms = 0;
  double store_full = 0;  // of the failures: commits fail, loads do not

  // ---- The server
  std::int64_t kill_mean_ms = 0;
  std::int64_t restart_mean_ms = 0;  // clean: drain, flush, open again
  std::int64_t drain_ms = 0;
  std::int64_t down_ms = 1000;  // at most
  std::int64_t jump_mean_ms = 0;
  std::int64_t drift_ppm = 0;
  std::int64_t suspect_mean_ms = 0;
  std::int64_t revoke_mean_ms = 0;  // EndDevice, EndMailbox, Shed

  // ---- What a host may choose besides
  Acknowledge acknowledge = Acknowledge::kSync;
  double masked = 0;  // changes of a kind that wakes nobody, beside the others
  double across = 0;  // calls of Publish that take along what waits of other mailboxes
  int loops = 1;
  std::int64_t age_out_h = 0;

  // ---- More of devices, publishers and the store
  double starts_over = 0;      // now and then a device starts over in a folder, and may PING before it has synced it
  double stops_syncing = 0;    // devices that have synced, and after a while never do again
  double own_outside = 0;      // changes that are a device's own, and come in no Sync of it
  double meddling = 0;         // somebody changes what is just being read for a Sync
  double store_fails_one = 0;  // of the store's calls, one by one
};

Profile DrawProfile(std::uint64_t seed);
// What is on, in a few lines.
std::string Describe(const Profile& profile);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_PROFILE_H_
