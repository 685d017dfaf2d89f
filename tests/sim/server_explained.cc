// SPDX-License-Identifier: Apache-2.0
//
// What a Server explains: of PINGs that wait and of those that ended, compared with the model and with what was seen of each end.

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "mailwake/observers.h"
#include "tests/sim/server.h"

namespace mailwake::sim {
namespace {

std::optional<Waits> WaitsIn(std::string_view why) {
  constexpr std::pair<std::string_view, Waits> kWords[] = {{"nobody else has changed a folder", Waits::kForChanges},
                                                           {"there are changes; they wait", Waits::kForWindow},
                                                           {"paced: ", Waits::kPaced},
                                                           {"its mailbox is being read", Waits::kForMailbox}};
  for (const auto& [words, waits] : kWords) {
    if (why.starts_with(words)) return waits;
  }
  return std::nullopt;
}

}  // namespace

void Server::Explain(int mailbox) {
  const std::vector<int>& pings = world_.model.pings_of(mailbox);
  if (pings.empty() || store_->failing().loads) return;
  const Model::Ping& ping = world_.model.ping(world_.random.Pick(pings));
  if (!ping.spec.exact || ping.rivalled || ping.spec.kind != PingKind::kPing || ping.cancelled || ping.revoked) return;
  const int device = ping.spec.device;
  const Explanation explanation = engine_->Explain(MailboxName(mailbox), DeviceName(device));
  world_.stakes.Count(Stake::kExplained);
  CheckLastEnd({mailbox, device}, explanation);
  CheckRing({mailbox, device}, explanation);
  std::string why = WhyNotExplained(ping, explanation);
  if (!why.empty()) world_.model.Fail(8, mailbox, device, std::move(why));
}

std::string Server::WhyNotExplained(const Model::Ping& ping, const Explanation& explanation) {
  const PingSpec& spec = ping.spec;
  const std::optional<Waits> waits = WaitsIn(explanation.why);
  if (explanation.why == "it ends now: resync" && world_.model.Spreading(spec.mailbox)) return {};  // when it is told of the suspicion
  if (!explanation.waiting || !waits) return "P8: a live PING is explained by \"" + explanation.why + "\"";
  if ((*waits == Waits::kForMailbox) == explanation.in_memory) return "P8: its mailbox is in memory, or is not, or both";
  std::string why = world_.model.WhyNotWaiting(ping, *waits);
  if (!why.empty()) return why;
  if (*waits == Waits::kForMailbox) return store_->Loading(spec.mailbox) ? "" : "P8: said to wait for its mailbox, which nobody reads";
  const PingView& view = *explanation.waiting;
  if (view.kind != spec.kind) return "P8: another PING is explained";
  if (ping.folders_known && !ping.maybe_misfit && view.folders != spec.folders->size()) return "P8: explained with other folders";
  const std::int64_t holds_ms = (view.deadline - view.since).count();
  if (ping.heartbeat_known && !draining_ && world_.profile.jump_mean_ms == 0 &&
      (holds_ms < *spec.heartbeat_s * 1000 || holds_ms > *spec.heartbeat_s * 1000 + 1000)) {
    return "P8: explained with a heartbeat of " + std::to_string(holds_ms) + " ms";
  }
  for (const Explanation::Folder& folder : explanation.folders) {
    const int number = NumberOf(folder.id);
    if (folder.behind != (folder.version > folder.cursor)) return "P8: explained with numbers that say the contrary of " + folder.id;
    if (folder.behind && !world_.model.MaybeBehind(spec.mailbox, spec.device, number)) {
      return "P8: explained as behind in " + folder.id + ", and is not";
    }
    if (!folder.behind && !ping.maybe_misfit && world_.model.SurelyBehind(spec.mailbox, spec.device, number)) {
      return "P8: explained as not behind in " + folder.id + ", and is";
    }
  }
  return {};
}

// ---- Ends

void Server::RememberEnd(const Exchange& exchange, const PingEnd& end) {
  ended_[{exchange.mailbox, exchange.device}] = {.id = end.id,
                                                 .reason = end.reason,
                                                 .folder = end.folders.empty() ? kNone : NumberOf(end.folders[0]),
                                                 .time = clock_.Shows(world_.queue.now()),
                                                 .seq = world_.model.seq()};
}

// Of an ActiveSync PING only the answer is seen.
void Server::RememberAnswer(const Exchange& exchange, EndReason reason, const Answer& answer) {
  const Key key{exchange.mailbox, exchange.device};
  if (left_ == std::pair(key, world_.queue.now())) return;  // which of the two ended last is not seen
  ended_[key] = {.id = {},
                 .reason = reason,
                 .folder = answer.folders.empty() ? kNone : answer.folders[0],
                 .time = clock_.Shows(world_.queue.now()),
                 .seq = world_.model.seq()};
}

// What the engine tells its observers, hanging Syncs included.
void Server::Delivered(std::span<const EndRecord> ends) {
  for (const EndRecord& end : ends) {
    const Ended& kept = ring_.emplace_back(Ended{.mailbox = NumberOf(end.mailbox),
                                                 .device = NumberOf(end.device),
                                                 .id = end.id,
                                                 .reason = end.reason,
                                                 .folder = NumberOf(end.folder),
                                                 .version = end.version,
                                                 .time = end.time});
    if (end.reason == EndReason::kChanged && world_.profile.acknowledge == Acknowledge::kSync &&
        !world_.model.MaybeBehind(kept.mailbox, kept.device, kept.folder)) {
      world_.model.Fail(2, kept.mailbox, kept.device,
                        "P2: a PING or a hanging Sync ends by " + end.folder + ", and the device is not behind");
    }
    if (ring_.size() > world_.profile.limits.trace) ring_.pop_front();
  }
}

void Server::CheckRing(const Key& key, const Explanation& explanation) {
  std::vector<EndRecord> told = explanation.ends;
  const auto newest = std::ranges::find_if(ring_.rbegin(), ring_.rend(), [&](const Ended& end) {
    return Key{end.mailbox, end.device} == key;
  });
  if (newest != ring_.rend() && explanation.last_end) told.insert(told.begin(), *explanation.last_end);
  auto next = told.begin();
  for (auto kept = ring_.rbegin(); kept != ring_.rend(); ++kept) {
    if (Key{kept->mailbox, kept->device} != key) continue;
    const bool same = next != told.end() && next->id == kept->id && next->reason == kept->reason &&
                      NumberOf(next->folder) == kept->folder && next->version == kept->version && next->time == kept->time;
    if (!same) return world_.model.Fail(8, key.mailbox, key.device, "P8: the ends before are explained wrongly, or in another order");
    ++next;
  }
  if (next != told.end()) world_.model.Fail(8, key.mailbox, key.device, "P8: more ends are explained than are kept");
}

void Server::CheckLastEnd(const Key& key, const Explanation& explanation) {
  const auto found = ended_.find(key);
  const Limits& limits = world_.profile.limits;
  const bool kept = limits.idle_mailboxes == Limits{}.idle_mailboxes && limits.memory_bytes == Limits{}.memory_bytes;
  if (found == ended_.end() || !kept) return;  // else the ring may have turned, and the mailbox may have left memory
  const Ended& last = found->second;
  if (last.reason == EndReason::kRefused || last.reason == EndReason::kFailed || last.reason == EndReason::kCancelled)
    return;  // not admitted
  world_.stakes.Count(Stake::kEndExplained);
  const auto fail = [&](const std::string& what) {
    world_.model.Fail(8, key.mailbox, key.device, "P8: the last PING ended " + std::string(Name(last.reason)) + ": " + what);
  };
  if (!explanation.last_end) return fail("nothing is explained");
  const EndRecord& told = *explanation.last_end;
  const bool seen = last.id.value != 0;  // by a host's own front end
  if (seen && told.id != last.id) return fail("another one is explained");
  const auto as_seen = [seen](EndReason reason) {
    if (!seen && reason == EndReason::kResync) return EndReason::kChanged;  // both are answered so
    return !seen && reason == EndReason::kDrained ? EndReason::kSuperseded : reason;
  };
  const bool as_answered = as_seen(told.reason) == as_seen(last.reason);
  if (!as_answered) return fail("explained as " + std::string(Name(told.reason)));
  if (told.reason == EndReason::kChanged && NumberOf(told.folder) != last.folder)
    return fail("explained by " + told.folder + ", and it named " + FolderName(last.folder));
  if (world_.profile.jump_mean_ms == 0 && std::abs((told.time - last.time).count()) > 1'000) return fail("explained with another time");
  if (told.reason != EndReason::kChanged) return;
  // The version of a folder that nobody has touched since is still the same.
  for (const Explanation::Folder& folder : explanation.folders) {
    if (folder.id != told.folder) continue;
    const bool same = world_.model.SurelyUnchanged(key.mailbox, last.folder, last.seq);
    if (same) world_.stakes.Count(Stake::kVersionExplained);
    if (told.version == 0 || told.version > folder.version || (same && told.version != folder.version)) {
      return fail("explained by version " + std::to_string(told.version) + " of " + folder.id + ", which has " +
                  std::to_string(folder.version));
    }
  }
}

}  // namespace mailwake::sim
