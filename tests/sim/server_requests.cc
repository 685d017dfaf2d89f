// SPDX-License-Identifier: Apache-2.0
//
// What devices ask of a Server, what they are answered, and what its mail host gives them; the model is told of each.

#include <algorithm>
#include <utility>

#include "tests/sim/publisher.h"
#include "tests/sim/server.h"

namespace mailwake::sim {

void Server::Receive(const ExchangePtr& exchange) {
  if (exchanges_.size() > 64 && exchanges_.size() == exchanges_.capacity()) {
    std::erase_if(exchanges_, [](const auto& weak) { return weak.expired(); });
  }
  exchanges_.push_back(exchange);
  if (!exchange->active_sync) {
    host_front_->Receive(exchange);
    return Settle(exchange->mailbox);
  }
  const Request& request = exchange->request;
  const int mailbox = exchange->mailbox, device = exchange->device;
  if (!exchange->connection_note().empty()) world_.model.Delivered(mailbox, device, std::nullopt);
  if (request.kind == Request::kFolderSync) exchange->list_low = world_.model.FolderList(mailbox).first;
  if (request.kind == Request::kSync) {
    const bool other = OtherSyncOpen(*exchange);
    const auto& keys = keys_[{mailbox, device}];
    for (const SyncItem& item : request.items) {
      const auto known = keys.find(item.folder);
      const bool repeats = known == keys.end() || known->second != item.key;
      if (item.key == 0 || repeats || other) world_.model.CursorReset(mailbox, device, item.folder, false);
    }
    if (request.hangs) {
      std::vector<FolderRef> folders;
      for (const SyncItem& item : request.items) folders.push_back({item.folder, item.item_class});
      exchange->ping = world_.model.Held({.mailbox = mailbox,
                                          .device = device,
                                          .kind = PingKind::kSync,
                                          .heartbeat_s = request.heartbeat_s,
                                          .folders = std::move(folders),
                                          .exact = false},
                                         false);
    }
  }
  if (request.kind == Request::kSync && request.hangs) ended_.erase({mailbox, device});
  const bool over_budget = request.kind == Request::kPing && OverBudget();
  handler_(WriteRequest(request, mailbox, device), exchange);
  RunPosted();
  if (request.kind == Request::kPing && exchange->open()) {
    exchange->ping = world_.model.Held(
        {.mailbox = mailbox, .device = device, .heartbeat_s = request.heartbeat_s, .folders = request.folders, .over_budget = over_budget},
        Readable(mailbox));
  }
  Settle(mailbox);
}

bool Server::OtherSyncOpen(const Exchange& exchange) const {
  return std::ranges::any_of(exchanges_, [&](const auto& weak) {
    const ExchangePtr other = weak.lock();
    return other != nullptr && other.get() != &exchange && other->request.kind == Request::kSync && other->active_sync &&
           other->mailbox == exchange.mailbox && other->device == exchange.device;
  });
}

void Server::Left(Exchange& exchange) {
  if (!exchange.active_sync || exchange.ping == kNone) return;
  // The ActiveSync front end cancels, and says no more.
  const Key key{exchange.mailbox, exchange.device};
  ended_.erase(key);
  left_ = {key, world_.queue.now()};
  world_.model.Gone(exchange.ping);
  world_.model.Ended(std::exchange(exchange.ping, kNone), EndReason::kCancelled, {});
  ++world_.ends;
}

void Server::PingAnswered(Exchange& exchange, const Answer& answer) {
  const int ping = std::exchange(exchange.ping, kNone);
  if (ping == kNone) return;
  ++world_.ends;
  const auto ended = [&](EndReason reason, Refusal refusal = Refusal::kNone, std::int64_t bound = 0) {
    world_.model.Ended(ping, reason, {}, refusal, bound, answer.retry_after_s);
    RememberAnswer(exchange, reason, answer);
  };
  if (answer.http == 503) {
    return world_.model.shedding() ? ended(EndReason::kShed) : ended(EndReason::kRefused, Refusal::kServerFull);
  }
  if (answer.http == 401) return ended(EndReason::kRefused, Refusal::kRevoked);
  switch (answer.status) {
    case 1:
      if (!answer.close) return ended(EndReason::kExpired);
      return ended(draining_ ? EndReason::kDrained : EndReason::kSuperseded);
    case 2:
      world_.model.EndedChanged(ping, answer.folders);
      return RememberAnswer(exchange, EndReason::kChanged, answer);
    case 3:
      return ended(EndReason::kRefused, Refusal::kMissingParameters);
    case 5: {
      const bool low = answer.bound == world_.profile.heartbeat_min_s;
      return ended(EndReason::kRefused, low ? Refusal::kHeartbeatTooShort : Refusal::kHeartbeatTooLong, answer.bound);
    }
    case 6:
      return ended(EndReason::kRefused, Refusal::kTooManyFolders, answer.bound);
    case 7:
      return ended(EndReason::kHierarchy);
    case 8:
      return ended(EndReason::kFailed);
    default:
      world_.model.Fail(3, exchange.mailbox, exchange.device, "P3: a PING is answered with status " + std::to_string(answer.status));
      world_.model.EndedSomehow(ping);
  }
}

void Server::SyncAnswered(Exchange& exchange, const Answer& answer) {
  const int mailbox = exchange.mailbox, device = exchange.device;
  Model& model = world_.model;
  if (exchange.ping != kNone) {
    const int ping = std::exchange(exchange.ping, kNone);
    ended_.erase({mailbox, device});  // it may have been held, or never
    // An empty answer says that nothing changed; all others are judged by what they give.
    if (answer.http == 200 && answer.empty && !answer.close) {
      model.Ended(ping, EndReason::kExpired, {});
    } else {
      model.EndedSomehow(ping);
    }
    ++world_.ends;
  }
  auto& keys = keys_[{mailbox, device}];
  auto& tickets = tickets_[{mailbox, device}];
  for (const Answer::Collection& collection : answer.collections) {
    if (collection.status != 1) continue;
    const auto asked = std::ranges::find(exchange.request.items, collection.folder, &SyncItem::folder);
    if (asked == exchange.request.items.end()) {
      model.Fail(0, mailbox, device, "a Sync answers a folder that was not asked for");
      continue;
    }
    // Of a key that an earlier life of the server gave nobody here knows whether it was the last.
    auto known = keys.find(collection.folder);
    const bool repeats = known != keys.end() && known->second != asked->key;
    if (asked->key == 0 || repeats) model.CursorReset(mailbox, device, collection.folder, true);
    keys[collection.folder] = collection.key;
    if (asked->key != 0 && !collection.more) exchange.tickets.emplace_back(collection.folder, tickets[collection.folder]);
  }
}

void Server::Answered(Exchange& exchange, const Answer& answer) {
  if (answer.http == -1) world_.model.Fail(0, exchange.mailbox, exchange.device, "an answer is no WBXML document");
  if (!exchange.active_sync) return;
  switch (exchange.request.kind) {
    case Request::kPing:
      return PingAnswered(exchange, answer);
    case Request::kSync:
      return SyncAnswered(exchange, answer);
    case Request::kFolderSync:
      exchange.list_high = answer.status == 1 ? world_.model.FolderList(exchange.mailbox).second : 0;
      if (answer.status != 1) exchange.list_low = 0;
  }
}

// The last byte was written: the front end moves the cursors now.
void Server::Written(Exchange& exchange) {
  if (!exchange.active_sync) return;
  const bool sure = Readable(exchange.mailbox) && !OtherSyncOpen(exchange);
  for (const auto& [folder, ticket] : exchange.tickets) {
    world_.model.SyncEnds(exchange.mailbox, exchange.device, ticket, {folder}, sure);
  }
  if (exchange.request.kind == Request::kFolderSync && exchange.list_high != 0) {
    world_.model.FolderSyncEnds(exchange.mailbox, exchange.device, exchange.list_low, exchange.list_high, sure);
  }
}

// ---- The mail host's side

MailHost::Given Server::Give(int mailbox, int device, int folder, std::uint64_t have, std::uint64_t most, bool own_change) {
  const MailHost::Given given = world_.host.Read(mailbox, folder, have, most, world_.queue.now());
  if (!world_.host.folder(mailbox, folder).exists) return given;
  if (own_change) world_.publisher->OwnChange(mailbox, folder, device);
  world_.publisher->Meddle(mailbox, folder);
  return given;
}

void Server::ProvideSync(const SyncProvider::Request& request, SyncProvider::Callback done) {
  const int mailbox = NumberOf(request.mailbox), device = NumberOf(request.device), folder = NumberOf(request.folder);
  tickets_[{mailbox, device}][folder] = world_.model.SyncBegins(mailbox, device);
  std::uint64_t have = 0;
  for (const char c : request.state) have = have * 10 + static_cast<std::uint64_t>(c - '0');
  const MailHost::Given given =
      Give(mailbox, device, folder, have, static_cast<std::uint64_t>(request.window_size), !request.commands.empty());
  SyncProvider::Answer answer{.state = std::to_string(given.content), .more_available = given.more};
  if (given.content > have) answer.commands = WriteContent(given.content);
  Later(world_.profile.provider_ms, mailbox, [answer = std::move(answer), done = std::move(done)]() mutable { done(std::move(answer)); });
}

}  // namespace mailwake::sim
