// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/cut.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>

#include "tests/sim/random.h"

namespace mailwake::sim {
namespace {

struct Part {
  std::string_view name;
  void (*leave_out)(Profile& profile);
};

// As Describe calls them.
constexpr Part kParts[] = {
    {"sqlite", [](Profile& p) { p.sqlite = false; }},
    {"shards", [](Profile& p) { p.shards = 1; }},
    {"declared", [](Profile& p) { p.declared = 0; }},
    {"active_sync", [](Profile& p) { p.active_sync = 0; }},
    {"shared_id", [](Profile& p) { p.shared_id = 0; }},
    {"window", [](Profile& p) { p.coalesce_ms = {}; }},
    {"idle_mailboxes", [](Profile& p) { p.limits.idle_mailboxes = Limits{}.idle_mailboxes; }},
    {"pings", [](Profile& p) { p.limits.pings = Limits{}.pings; }},
    {"pings_per_mailbox", [](Profile& p) { p.limits.pings_per_mailbox = Limits{}.pings_per_mailbox; }},
    {"folders_per_ping", [](Profile& p) { p.limits.folders_per_ping = Limits{}.folders_per_ping; }},
    {"deferred", [](Profile& p) { p.limits.deferred_per_mailbox = Limits{}.deferred_per_mailbox; }},
    {"memory", [](Profile& p) { p.limits.memory_bytes = Limits{}.memory_bytes; }},
    {"devices", [](Profile& p) { p.limits.devices_per_mailbox = Limits{}.devices_per_mailbox; }},
    {"impatient", [](Profile& p) { p.impatient = 0; }},
    {"ping_first", [](Profile& p) { p.ping_first = 0; }},
    {"empty_ping", [](Profile& p) { p.empty_ping = 0; }},
    {"double_ping", [](Profile& p) { p.double_ping = 0; }},
    {"ignores_list", [](Profile& p) { p.ignores_list = 0; }},
    {"never_syncs", [](Profile& p) { p.never_syncs = 0; }},
    {"half_sync", [](Profile& p) { p.half_sync = 0; }},
    {"forgets_repeat", [](Profile& p) { p.forgets_repeat = 0; }},
    {"vanishes", [](Profile& p) { p.vanishes = 0; }},
    {"hanging_sync", [](Profile& p) { p.hanging_sync = 0; }},
    {"own_changes", [](Profile& p) { p.own_changes = 0; }},
    {"starts_over", [](Profile& p) { p.starts_over = 0; }},
    {"stops_syncing", [](Profile& p) { p.stops_syncing = 0; }},
    {"own_outside", [](Profile& p) { p.own_outside = 0; }},
    {"meddling", [](Profile& p) { p.meddling = 0; }},
    {"store_fails_one", [](Profile& p) { p.store_fails_one = 0; }},
    {"wrong_class", [](Profile& p) { p.wrong_class = 0; }},
    {"offline_ms", [](Profile& p) { p.offline_mean_ms = 0; }},
    {"latency_ms", [](Profile& p) { p.latency_ms = 1; }},
    {"loss", [](Profile& p) { p.loss = 0; }},
    {"idle_cut", [](Profile& p) { p.idle_cut = 0; }},
    {"write_ms", [](Profile& p) { p.write_ms = 0; }},
    {"provider_ms", [](Profile& p) { p.provider_ms = 0; }},
    {"write_fails", [](Profile& p) { p.write_fails = 0; }},
    {"gone_unseen", [](Profile& p) { p.gone_unseen = 0; }},
    {"burst", [](Profile& p) { p.burst = 0; }},
    {"repeat", [](Profile& p) { p.repeat = 0; }},
    {"reorder", [](Profile& p) { p.reorder = 0; }},
    {"host_versions", [](Profile& p) { p.host_versions = 0; }},
    {"readable_ms", [](Profile& p) { p.readable_ms = 0; }},
    {"early", [](Profile& p) { p.early = 0; }},
    {"list_ms", [](Profile& p) { p.list_mean_ms = 0; }},
    {"class_change", [](Profile& p) { p.class_change = 0; }},
    {"batch", [](Profile& p) { p.batch = 0; }},
    {"store_ms", [](Profile& p) { p.store_ms = 0; }},
    {"store_fails_ms", [](Profile& p) { p.store_fails_mean_ms = 0; }},
    {"store_full", [](Profile& p) { p.store_full = 0; }},
    {"kill_ms", [](Profile& p) { p.kill_mean_ms = 0; }},
    {"restart_ms", [](Profile& p) { p.restart_mean_ms = 0; }},
    {"drain_ms", [](Profile& p) { p.drain_ms = 0; }},
    {"down_ms", [](Profile& p) { p.down_ms = 1; }},
    {"jump_ms", [](Profile& p) { p.jump_mean_ms = 0; }},
    {"drift_ppm", [](Profile& p) { p.drift_ppm = 0; }},
    {"suspect_ms", [](Profile& p) { p.suspect_mean_ms = 0; }},
    {"revoke_ms", [](Profile& p) { p.revoke_mean_ms = 0; }},
    {"masked", [](Profile& p) { p.masked = 0; }},
    {"across", [](Profile& p) { p.across = 0; }},
    {"loops", [](Profile& p) { p.loops = 1; }},
    {"age_out_h", [](Profile& p) { p.age_out_h = 0; }},
    {"acknowledge", [](Profile& p) { p.acknowledge = Acknowledge::kSync; }},
};

}  // namespace

void Apply(const Cut& cut, Profile& profile) {
  for (const std::string& name : cut.without) std::ranges::find(kParts, name, &Part::name)->leave_out(profile);
  if (cut.mailboxes) profile.mailboxes = std::min(profile.mailboxes, *cut.mailboxes);
  if (cut.devices) profile.devices_most = std::min(profile.devices_most, *cut.devices);
  if (cut.folders) profile.folders_most = std::min(profile.folders_most, *cut.folders);
  if (cut.until_s) profile.active_ms = std::min(profile.active_ms, *cut.until_s * 1'000);
  if (cut.chances != 0) profile.seed = Random(profile.seed ^ Random(cut.chances).Next()).Next();
}

std::string FirstUnknown(const Cut& cut) {
  for (const std::string& name : cut.without) {
    if (std::ranges::find(kParts, name, &Part::name) == std::end(kParts)) return name;
  }
  return {};
}

std::vector<std::string> CutNames() {
  std::vector<std::string> names;
  for (const Part& part : kParts) names.emplace_back(part.name);
  return names;
}

std::string Flags(const Cut& cut) {
  std::string out;
  if (!cut.without.empty()) absl::StrAppend(&out, " --without ", absl::StrJoin(cut.without, ","));
  if (cut.mailboxes) absl::StrAppend(&out, " --mailboxes ", *cut.mailboxes);
  if (cut.devices) absl::StrAppend(&out, " --devices ", *cut.devices);
  if (cut.folders) absl::StrAppend(&out, " --folders ", *cut.folders);
  if (cut.until_s) absl::StrAppend(&out, " --until ", *cut.until_s);
  if (cut.chances != 0) absl::StrAppend(&out, " --chances ", cut.chances);
  return out;
}

}  // namespace mailwake::sim
