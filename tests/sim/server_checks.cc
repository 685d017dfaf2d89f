// SPDX-License-Identifier: Apache-2.0
//
// A Server looked at from inside: its bounds, and that nothing is left in it.

#include <algorithm>

#include "tests/sim/server.h"

namespace mailwake::sim {
namespace {

// Changes and syncs are never refused for want of memory: what they may add to a mailbox.
constexpr std::uint64_t kOverMailbox = 8'000;

}  // namespace

// Over its budget no mailbox stays that nobody needs. (A shard that has nothing to do lets go when it next has.)
void Server::CheckMemory(const Stats& stats, std::uint64_t pinned) {
  const std::uint64_t budget = world_.profile.limits.memory_bytes;
  if (stats.memory_bytes <= budget) return;
  world_.stakes.Count(Stake::kOverBudget);
  const auto say = [&](const std::string& what) {
    world_.model.Fail(4, kNone, kNone,
                      "P4: " + std::to_string(stats.memory_bytes) + " bytes are taken, of " + std::to_string(budget) + what);
  };
  if (world_.profile.shards == 1 && stats.mailboxes > pinned) say(", and mailboxes that nobody needs are in memory");
  if (stats.memory_bytes > budget + kOverMailbox * (stats.mailboxes + 1)) say(", more than changes alone explain");
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
    const auto counted = std::ranges::count_if(model.pings_of(mailbox), [&](int number) {
      const Model::Ping& ping = model.ping(number);
      return ping.spec.exact && !ping.rivalled && !ping.unread;
    });
    if (static_cast<std::size_t>(counted) > limits.pings_per_mailbox) {
      model.Fail(4, mailbox, kNone, "P4: " + std::to_string(counted) + " PINGs wait in a mailbox, over the limit");
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
  CheckMemory(stats, pinned);
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
