// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/profile.h"

#include <cmath>
#include <iomanip>
#include <sstream>

#include "tests/sim/random.h"

namespace mailwake::sim {
namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;

// The share of seeds that run on SQLite.
constexpr double kSqliteShare = 0.03;
// What a shard takes for its tables as soon as there is one PING in it.
constexpr std::size_t kShardBytes = 13'500;

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed) : random_(seed) {}

  Random& random() { return random_; }
  bool On(double chance) { return random_.Chance(chance); }
  // Off, or a chance up to `most`, small ones as likely as large ones.
  double Chance(double on, double most) { return On(on) ? most * std::pow(0.02, random_.Unit()) : 0; }
  // Off, or a length of time in [low, high], short ones as likely as long ones.
  std::int64_t Length(double on, std::int64_t low, std::int64_t high) {
    const double ratio = static_cast<double>(high) / static_cast<double>(low);
    const auto length = static_cast<std::int64_t>(static_cast<double>(low) * std::pow(ratio, random_.Unit()));
    return On(on) ? length : 0;
  }

 private:
  Random random_;
};

void DrawPeople(Drawer& draw, Profile& out) {
  Random& random = draw.random();
  out.active_ms = random.Between(20, 150) * kMinute;
  out.mailboxes = static_cast<int>(random.Between(1, 24));
  out.devices_most = static_cast<int>(random.Between(1, draw.On(0.1) ? 12 : 4));
  out.folders_most = static_cast<int>(random.Between(1, draw.On(0.1) ? 40 : 8));
  out.declared = random.Pick({0.0, 0.3, 0.7, 1.0});
  // Its device states are JSON, and cost more than all the rest: few devices in most worlds, all in some.
  out.active_sync = random.Pick({0.0, 0.05, 0.05, 0.1, 0.1, 0.1, 0.2, 0.2, 0.5, 1.0});
  out.shared_id = draw.Chance(0.1, 0.5);
}

void DrawEngine(Drawer& draw, Profile& out) {
  Random& random = draw.random();
  out.shards = std::size_t{1} << random.Below(4);
  out.heartbeat_min_s = random.Pick({1, 10, 60});
  out.heartbeat_max_s = random.Pick({300, 900, 1800, 3540});
  for (std::int64_t& window : out.coalesce_ms) window = draw.Length(0.2, 1 * kSecond, 10 * kMinute);
  if (draw.On(0.4)) out.coalesce_ms = {};
  out.retry_after_s = random.Pick({1, 5, 30});
  const auto devices = static_cast<std::size_t>(out.mailboxes) * static_cast<std::size_t>(out.devices_most);
  if (draw.On(0.35)) out.limits.idle_mailboxes = random.Below(3);
  if (draw.On(0.1)) out.limits.pings = std::max<std::size_t>(2, devices / 2);
  if (draw.On(0.1)) out.limits.pings_per_mailbox = std::max(1, out.devices_most - 1);
  if (draw.On(0.1)) out.limits.folders_per_ping = std::max(1, out.folders_most - 1);
  if (draw.On(0.1)) out.limits.deferred_per_mailbox = 2;
  if (draw.On(0.1)) out.limits.trace = 16;
  if (draw.On(0.05)) out.limits.memory_bytes = kShardBytes * out.shards + 150 * devices;
}

void DrawDevices(Drawer& draw, Profile& out) {
  out.impatient = draw.Chance(0.5, 1);
  out.ping_first = draw.Chance(0.4, 1);
  out.empty_ping = draw.Chance(0.4, 0.9);
  out.double_ping = draw.Chance(0.2, 0.2);
  out.ignores_list = draw.Chance(0.2, 0.9);
  out.never_syncs = draw.Chance(0.2, 0.5);
  out.half_sync = draw.Chance(0.2, 0.5);
  out.forgets_repeat = draw.Chance(0.2, 0.5);
  out.vanishes = draw.Chance(0.3, 0.1);
  out.hanging_sync = draw.Chance(0.3, 0.6);
  out.own_changes = draw.Chance(0.5, 0.6);
  out.wrong_class = draw.Chance(0.1, 0.05);
  out.think_ms = draw.random().Pick({1, 50, 500, 5'000});
  out.offline_mean_ms = draw.Length(0.3, 2 * kMinute, 40 * kMinute);
}

void DrawNetworks(Drawer& draw, Profile& out) {
  Random& random = draw.random();
  out.latency_ms = random.Pick({1, 20, 80, 400});
  out.loss = draw.Chance(0.35, 0.1);
  out.idle_cut = draw.Chance(0.35, 1);
  out.idle_cut_ms = random.Between(1, 20) * kMinute;
  out.write_ms = draw.Length(0.5, 1, 3 * kSecond);
  out.provider_ms = draw.Length(0.4, 1, 5 * kSecond);
  out.write_fails = draw.Chance(0.3, 0.2);
  out.gone_unseen = draw.Chance(0.4, 1);
  out.unreachable_ms = random.Pick({10, 1'000, 20'000});
}

void DrawPublishers(Drawer& draw, Profile& out) {
  out.change_mean_ms = draw.Length(1, 5 * kSecond, 30 * kMinute);
  out.burst = draw.Chance(0.4, 0.5);
  out.repeat = draw.Chance(0.4, 0.5);
  out.reorder = draw.Chance(0.4, 0.7);
  out.host_versions = draw.Chance(0.3, 1);
  out.readable_ms = draw.Length(0.5, 1, 20 * kSecond);
  out.early = draw.Chance(0.04, 0.2);
  out.list_mean_ms = draw.Length(0.4, 1 * kMinute, 60 * kMinute);
  out.class_change = draw.Chance(0.5, 0.6);
  out.deletes = draw.Chance(0.8, 1);
  out.batch = draw.Chance(0.4, 0.5);
}

void DrawFaults(Drawer& draw, Profile& out) {
  Random& random = draw.random();
  out.store_ms = draw.Length(0.5, 1, 4 * kSecond);
  out.store_fails_mean_ms = draw.Length(0.25, 2 * kMinute, 60 * kMinute);
  out.store_full = random.Pick({0.0, 0.5, 1.0});
  out.kill_mean_ms = draw.Length(0.35, 2 * kMinute, 60 * kMinute);
  out.restart_mean_ms = draw.Length(0.3, 3 * kMinute, 60 * kMinute);
  out.drain_ms = random.Pick({0, 500, 10'000});
  out.down_ms = random.Pick({1, 1'000, 60'000});
  out.jump_mean_ms = draw.Length(0.25, 1 * kMinute, 30 * kMinute);
  out.drift_ppm = draw.On(0.3) ? random.Between(-20'000, 20'000) : 0;
  out.suspect_mean_ms = draw.Length(0.2, 3 * kMinute, 60 * kMinute);
  out.revoke_mean_ms = draw.Length(0.15, 3 * kMinute, 60 * kMinute);
}

void DrawChoices(Drawer& draw, Profile& out) {
  Random& random = draw.random();
  if (draw.On(0.12)) {
    // The host tells nothing of syncs: who is told and does not sync then is not told again.
    out.acknowledge = Acknowledge::kPing;
    out.never_syncs = out.half_sync = 0;
    // What PINGs acknowledge is in memory only.
    out.limits.idle_mailboxes = Limits{}.idle_mailboxes;
    out.limits.memory_bytes = Limits{}.memory_bytes;
  }
  out.masked = draw.Chance(0.2, 1);
  out.across = draw.Chance(0.2, 1);
  if (out.across > 0) out.batch = std::max(out.batch, 0.3);
  out.loops = draw.On(0.3) ? static_cast<int>(random.Between(2, 4)) : 1;
  if (draw.On(0.05) && out.devices_most > 1) out.limits.devices_per_mailbox = static_cast<std::size_t>(out.devices_most) - 1;
  if (draw.On(0.1) && out.jump_mean_ms == 0) {
    out.age_out_h = 1;
    out.active_ms += 60 * kMinute;
    out.offline_mean_ms = random.Between(20, 80) * kMinute;
  }
}

// What was added later stands at the end: the worlds of old seeds change the least.
void DrawMore(Drawer& draw, Profile& out) {
  out.stops_syncing = draw.Chance(0.2, 0.5);
  if (out.acknowledge == Acknowledge::kPing) out.stops_syncing = 0;
  out.own_outside = draw.Chance(0.4, 0.5);
  out.meddling = draw.Chance(0.3, 0.5);
  out.store_fails_one = draw.Chance(0.25, 0.05);
  out.starts_over = draw.Chance(0.2, 0.2);
  if (draw.On(0.1)) {
    // Answers to syncs are lost, nobody asks again, and mailboxes are read again and again.
    out.active_sync = std::max(out.active_sync, 0.5);
    out.write_fails = std::max(out.write_fails, 0.1);
    out.starts_over = std::max(out.starts_over, 0.05);
    out.forgets_repeat = std::max(out.forgets_repeat, 0.5);
    if (out.acknowledge == Acknowledge::kSync) out.limits.idle_mailboxes = 0;
  }
  if (out.sqlite && out.jump_mean_ms == 0 && draw.On(0.15)) {
    // Phones come back to a server that has forgotten them, and to other folders.
    out.age_out_h = 1;
    out.active_ms = std::max(out.active_ms, 240 * kMinute);
    out.offline_mean_ms = draw.random().Between(60, 120) * kMinute;
    out.list_mean_ms = draw.random().Between(20, 60) * kMinute;
    out.change_mean_ms = std::max(out.change_mean_ms, 2 * kMinute);
    out.mailboxes = std::clamp(out.mailboxes, 8, 16);
    out.devices_most = std::min(out.devices_most, 3);
    out.active_sync = std::max(out.active_sync, 0.8);
    out.declared = std::max(out.declared, 0.8);
  }
  if (out.acknowledge == Acknowledge::kPing) out.starts_over = 0;  // a PING before the sync acknowledges what is not synced
}

}  // namespace

Profile DrawProfile(std::uint64_t seed) {
  Profile out;
  out.seed = seed;
  Drawer draw(seed ^ 0x6D61696C77616B65u);
  out.sqlite = draw.On(kSqliteShare);
  DrawPeople(draw, out);
  DrawEngine(draw, out);
  DrawDevices(draw, out);
  DrawNetworks(draw, out);
  DrawPublishers(draw, out);
  DrawFaults(draw, out);
  DrawChoices(draw, out);
  DrawMore(draw, out);
  return out;
}

std::string Describe(const Profile& profile) {
  std::ostringstream out;
  out << std::setprecision(3) << (profile.sqlite ? "sqlite" : "memory") << ", " << profile.mailboxes << " mailboxes, up to "
      << profile.devices_most << " devices and " << profile.folders_most << " folders each, " << profile.active_ms / kMinute
      << " min, a change every " << static_cast<double>(profile.change_mean_ms) / 1000 << " s, " << profile.shards << " shards, heartbeats "
      << profile.heartbeat_min_s << " to " << profile.heartbeat_max_s << " s\n ";
  const auto show = [&out](const char* name, auto value) {
    if (value != 0) out << ' ' << name << '=' << value;
  };
  show("declared", profile.declared), show("active_sync", profile.active_sync), show("shared_id", profile.shared_id);
  for (std::size_t i = 0; i < kItemClasses; ++i) {
    show(("window." + std::string(Name(static_cast<ItemClass>(i)))).c_str(), profile.coalesce_ms[i]);
  }
  const Limits usual;
  if (profile.limits.idle_mailboxes != usual.idle_mailboxes) out << " idle_mailboxes=" << profile.limits.idle_mailboxes;
  if (profile.limits.pings != usual.pings) out << " pings=" << profile.limits.pings;
  if (profile.limits.pings_per_mailbox != usual.pings_per_mailbox) out << " pings_per_mailbox=" << profile.limits.pings_per_mailbox;
  if (profile.limits.folders_per_ping != usual.folders_per_ping) out << " folders_per_ping=" << profile.limits.folders_per_ping;
  if (profile.limits.deferred_per_mailbox != usual.deferred_per_mailbox) out << " deferred=" << profile.limits.deferred_per_mailbox;
  if (profile.limits.memory_bytes != usual.memory_bytes) out << " memory=" << profile.limits.memory_bytes;
  show("impatient", profile.impatient), show("ping_first", profile.ping_first), show("empty_ping", profile.empty_ping);
  show("double_ping", profile.double_ping), show("ignores_list", profile.ignores_list), show("never_syncs", profile.never_syncs);
  show("half_sync", profile.half_sync), show("forgets_repeat", profile.forgets_repeat), show("vanishes", profile.vanishes);
  show("hanging_sync", profile.hanging_sync), show("own_changes", profile.own_changes), show("wrong_class", profile.wrong_class);
  show("offline_ms", profile.offline_mean_ms), show("latency_ms", profile.latency_ms), show("loss", profile.loss);
  show("idle_cut", profile.idle_cut), show("write_ms", profile.write_ms), show("provider_ms", profile.provider_ms);
  show("write_fails", profile.write_fails), show("gone_unseen", profile.gone_unseen), show("burst", profile.burst);
  show("repeat", profile.repeat), show("reorder", profile.reorder), show("host_versions", profile.host_versions);
  show("readable_ms", profile.readable_ms), show("early", profile.early), show("list_ms", profile.list_mean_ms);
  show("class_change", profile.class_change), show("batch", profile.batch), show("store_ms", profile.store_ms);
  show("store_fails_ms", profile.store_fails_mean_ms), show("store_full", profile.store_full), show("kill_ms", profile.kill_mean_ms);
  show("restart_ms", profile.restart_mean_ms), show("drain_ms", profile.drain_ms), show("down_ms", profile.down_ms);
  show("jump_ms", profile.jump_mean_ms), show("drift_ppm", profile.drift_ppm), show("suspect_ms", profile.suspect_mean_ms);
  show("revoke_ms", profile.revoke_mean_ms), show("masked", profile.masked), show("across", profile.across);
  show("loops", profile.loops), show("age_out_h", profile.age_out_h);
  show("stops_syncing", profile.stops_syncing), show("own_outside", profile.own_outside), show("meddling", profile.meddling);
  show("store_fails_one", profile.store_fails_one), show("starts_over", profile.starts_over);
  if (profile.acknowledge == Acknowledge::kPing) out << " acknowledge=ping";
  if (profile.limits.devices_per_mailbox != usual.devices_per_mailbox) out << " devices=" << profile.limits.devices_per_mailbox;
  out << '\n';
  return out.str();
}

}  // namespace mailwake::sim
