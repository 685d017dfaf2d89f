// SPDX-License-Identifier: Apache-2.0
//
// A Server looked at from inside: what it explains, its bounds, and that nothing is left in it.

#include <algorithm>
#include <cstdlib>

#include "tests/sim/server.h"

namespace mailwake::sim {

void Server::Explain(int mailbox) {
  const std::vector<int>& pings = world_.model.pings_of(mailbox);
  if (pings.empty() || !Readable(mailbox)) return;
  const Model::Ping& ping = world_.model.ping(world_.random.Pick(pings));
  if (!ping.spec.exact || ping.rivalled || ping.spec.kind != PingKind::kPing || ping.cancelled || ping.revoked) return;
  const int device = ping.spec.device;
  const Explanation explanation = engine_->Explain(MailboxName(mailbox), DeviceName(device));
  world_.stakes.Count(Stake::kExplained);
  CheckLastEnd({mailbox, device}, explanation);
  if (!explanation.in_memory || !explanation.waiting || explanation.why.empty()) {
    return world_.model.Fail(8, mailbox, device, "P8: a live PING is not explained");
  }
  for (const Explanation::Folder& folder : explanation.folders) {
    const int number = NumberOf(folder.id);
    if (folder.behind && !world_.model.MaybeBehind(mailbox, device, number)) {
      return world_.model.Fail(8, mailbox, device, "P8: explained as behind in " + folder.id + ", and is not");
    }
    if (!folder.behind && !ping.maybe_misfit && world_.model.SurelyBehind(mailbox, device, number)) {
      return world_.model.Fail(8, mailbox, device, "P8: explained as not behind in " + folder.id + ", and is");
    }
  }
}

void Server::RememberEnd(const Exchange& exchange, const PingEnd& end) {
  ended_[{exchange.mailbox, exchange.device}] = {.id = end.id,
                                                 .reason = end.reason,
                                                 .folder = std::string(end.folders.empty() ? std::string_view() : end.folders[0]),
                                                 .shown = clock_.Shows(world_.queue.now())};
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
  if (told.id != last.id) return fail("another one is explained");
  if (told.reason != last.reason) return fail("explained as " + std::string(Name(told.reason)));
  if (told.reason == EndReason::kChanged && told.folder != last.folder)
    return fail("explained by " + told.folder + ", and it named " + last.folder);
  if (world_.profile.jump_mean_ms == 0 && std::abs((told.time - last.shown).count()) > 1'000) return fail("explained with another time");
}

void Server::CheckBounds() {
  if (!up()) return;
  const Stats stats = engine_->stats();
  const Limits& limits = world_.profile.limits;
  Model& model = world_.model;
  model.CheckAllDeadlines();
  std::size_t waited = 0;
  bool exact = true;
  for (int mailbox = 0; mailbox < world_.profile.mailboxes; ++mailbox) {
    waited += !model.pings_of(mailbox).empty();
    for (const int number : model.pings_of(mailbox)) exact = exact && model.ping(number).spec.exact;
    model.CheckHeld(mailbox, Readable(mailbox));
    if (model.pings_of(mailbox).size() > 8 * static_cast<std::size_t>(world_.profile.devices_most) + 8 + limits.pings_per_mailbox) {
      model.Fail(4, mailbox, kNone, "P4: PINGs pile up in a mailbox");
    }
  }
  std::uint64_t ends = 0;
  for (const std::uint64_t each : stats.ends) ends += each;
  if (exact && stats.holds - ends != model.held()) {
    model.Fail(3, kNone, kNone,
               "P3: " + std::to_string(stats.holds) + " PINGs were held and " + std::to_string(ends) + " ended, but " +
                   std::to_string(model.held()) + " wait");
  }
  world_.stakes.Count(Stake::kFull);
  if (stats.pings_held > limits.pings) model.Fail(4, kNone, kNone, "P4: more PINGs than the limit");
  const std::uint64_t pinned = waited + stats.unsaved_mailboxes + stats.mailboxes_loading + store_->waiting_mailboxes();
  if (stats.mailboxes > limits.idle_mailboxes + pinned) {
    model.Fail(4, kNone, kNone,
               "P4: " + std::to_string(stats.mailboxes) + " mailboxes in memory, over the limit by more than the " +
                   std::to_string(pinned) + " that are needed");
  }
  const std::uint64_t most = memory_when_opened_ + 200'000 * world_.profile.shards + 20'000 * stats.mailboxes + 1'000 * stats.pings_held;
  if (stats.memory_bytes > most) {
    model.Fail(4, kNone, kNone, "P4: memory grows to " + std::to_string(stats.memory_bytes) + ", over " + std::to_string(most));
  }
  if (store_->loads() > stats.mailboxes) world_.stakes.Count(Stake::kColdMailbox);
  if (++sweeps_ % 16 == 0) engine_->CheckInvariants();  // of every mailbox: dear
}

void Server::HangUpAll() {
  const auto open = exchanges_;
  for (const auto& weak : open) {
    if (const ExchangePtr exchange = weak.lock()) exchange->Leave();
  }
}

void Server::CheckLeaks() {
  Settle(kNone);
  const Stats stats = engine_->stats();
  Model& model = world_.model;
  if (stats.pings_held != 0)
    model.Fail(0, kNone, kNone, "leak: " + std::to_string(stats.pings_held) + " PINGs are held and nobody is there");
  std::uint64_t ends = 0;
  for (const std::uint64_t each : stats.ends) ends += each;
  if (stats.holds != ends) model.Fail(3, kNone, kNone, "P3: " + std::to_string(stats.holds - ends) + " PINGs never ended");
  if (!engine_->Pings(8).empty()) model.Fail(0, kNone, kNone, "leak: PINGs are listed and nobody is there");
  if (!later_.empty()) model.Fail(0, kNone, kNone, "leak: somebody waits for the mail host");
  const auto open = std::ranges::count_if(exchanges_, [](const auto& weak) { return !weak.expired(); });
  if (open != 0) model.Fail(0, kNone, kNone, "leak: " + std::to_string(open) + " exchanges are kept and nobody is there");
  engine_->CheckInvariants();
}

}  // namespace mailwake::sim
