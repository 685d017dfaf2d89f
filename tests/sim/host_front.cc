// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/host_front.h"

#include <utility>

#include "tests/sim/server.h"

namespace mailwake::sim {
namespace {

void AnswerEnd(Server& server, Exchange& exchange, const PingEnd& end) {
  Answer answer;
  switch (end.reason) {
    case EndReason::kChanged:
    case EndReason::kResync:
      answer.status = 2;
      for (const std::string_view folder : end.folders) answer.folders.push_back(NumberOf(folder));
      break;
    case EndReason::kExpired:
      answer.status = 1;
      break;
    case EndReason::kHierarchy:
      answer.status = 7;
      break;
    case EndReason::kSuperseded:
    case EndReason::kDrained:
      answer.status = 1;
      answer.close = true;
      break;
    case EndReason::kFailed:
      answer.status = 8;
      break;
    case EndReason::kShed:
    case EndReason::kRefused:
    case EndReason::kCancelled:
      break;
  }
  if (end.reason == EndReason::kShed || end.refusal == Refusal::kMailboxFull || end.refusal == Refusal::kServerFull) {
    answer.http = 503;
    answer.retry_after_s = end.retry_after.count();
  } else if (end.refusal == Refusal::kRevoked) {
    answer.http = 401;
  } else if (end.refusal != Refusal::kNone) {
    answer.status = end.refusal == Refusal::kTooManyFolders      ? 6
                    : end.refusal == Refusal::kMissingParameters ? 3
                    : end.refusal == Refusal::kInvalid           ? 4
                                                                 : 5;
    answer.bound = end.bound;
  }
  World& world = server.world();
  const int ping = std::exchange(exchange.ping, kNone);
  if (ping == kNone) return world.model.Fail(3, exchange.mailbox, exchange.device, "P3: a PING ends twice");
  world.model.Ended(ping, end.reason, answer.folders, end.refusal, end.bound, end.retry_after.count());
  ++world.ends;
  if (world.random.Chance(0.05)) server.CancelLate(end.id, exchange.mailbox, exchange.device);
  server.RememberEnd(exchange, end);
  if (end.reason == EndReason::kCancelled) return;
  if (world.profile.acknowledge == Acknowledge::kSync) return exchange.Answer(std::move(answer), nullptr);
  const Seq wake = answer.status == 2 ? world.model.LastNamed(exchange.mailbox, exchange.device) : 0;
  exchange.Answer(std::move(answer), [&exchange, id = end.id, wake](bool whole) {
    if (whole) exchange.connection_note() = std::to_string(id.value) + ' ' + std::to_string(wake);
  });
}

}  // namespace

void HostFront::Receive(const ExchangePtr& exchange) {
  // The next request on the connection: the last answer has arrived.
  const std::string note = std::exchange(exchange->connection_note(), {});
  if (!note.empty()) {
    std::size_t space = 0;
    const PingId id{std::stoull(note, &space)};
    server_.world().model.Delivered(exchange->mailbox, exchange->device, std::stoull(note.substr(space)));
    server_.engine().Delivered(MailboxName(exchange->mailbox), DeviceName(exchange->device), id);
  }
  switch (exchange->request.kind) {
    case Request::kPing:
      return Hold(exchange);
    case Request::kSync:
      return Sync(exchange);
    case Request::kFolderSync:
      return FolderSync(exchange);
  }
}

void HostFront::Hold(const ExchangePtr& exchange) {
  const Request& asked = exchange->request;
  const std::string mailbox = MailboxName(exchange->mailbox);
  const std::string device = DeviceName(exchange->device);
  PingRequest request{
      .mailbox = mailbox, .device = device, .kind = asked.hangs ? PingKind::kSync : PingKind::kPing, .loop = exchange->loop()};
  if (asked.heartbeat_s) request.heartbeat = std::chrono::seconds(*asked.heartbeat_s);
  std::vector<std::string> names;
  if (asked.folders) {
    names.reserve(asked.folders->size());
    request.folders.emplace();
    for (const FolderRef& ref : *asked.folders) request.folders->push_back({names.emplace_back(FolderName(ref.folder)), ref.item_class});
  }
  const bool over_budget = server_.OverBudget();
  const PingId id =
      server_.engine().Hold(request, [server = &server_, exchange](const PingEnd& end) { AnswerEnd(*server, *exchange, end); });
  exchange->ping = server_.world().model.Held({.mailbox = exchange->mailbox,
                                               .device = exchange->device,
                                               .kind = request.kind,
                                               .heartbeat_s = asked.heartbeat_s,
                                               .folders = asked.folders,
                                               .over_budget = over_budget},
                                              server_.Readable(exchange->mailbox));
  exchange->OnGone([server = &server_, id, ping = exchange->ping] { server->world().model.Cancelled(ping, server->engine().Cancel(id)); });
}

// Cursors that start over first, then what can be read. A host that lets PINGs acknowledge tells the engine nothing of it.
void HostFront::Sync(const ExchangePtr& exchange) {
  if (server_.world().profile.acknowledge == Acknowledge::kPing) return Serve(exchange, std::nullopt);
  auto left = std::make_shared<std::size_t>(1);
  const auto done = [this, exchange, left] {
    if (--*left == 0) Serve(exchange, server_.engine().BeginSync(MailboxName(exchange->mailbox), DeviceName(exchange->device)));
  };
  const std::string mailbox = MailboxName(exchange->mailbox);
  const std::string device = DeviceName(exchange->device);
  Model& model = server_.world().model;
  for (const SyncItem& item : exchange->request.items) {
    if (item.key != 0) continue;
    ++*left;
    model.CursorReset(exchange->mailbox, exchange->device, item.folder, false);
    server_.engine().ResetCursor(mailbox, device, FolderName(item.folder),
                                 [server = &server_, exchange, done, folder = item.folder](const absl::Status& status) {
                                   if (status.ok()) server->world().model.CursorReset(exchange->mailbox, exchange->device, folder, true);
                                   done();
                                 });
  }
  done();
}

void HostFront::Serve(const ExchangePtr& exchange, const std::optional<SyncTicket>& ticket) {
  World& world = server_.world();
  const int mailbox = exchange->mailbox;
  const Seq begun = ticket ? world.model.SyncBegins(mailbox, exchange->device) : 0;
  auto answer = std::make_shared<Answer>();
  answer->status = 1;
  std::vector<int> whole;
  for (const SyncItem& item : exchange->request.items) {
    const MailHost::Given given = server_.Give(mailbox, exchange->device, item.folder, item.have,
                                               static_cast<std::uint64_t>(exchange->request.window), item.own_change);
    answer->collections.push_back({.folder = item.folder, .status = 1, .key = 1, .content = given.content, .more = given.more});
    if (!given.more) whole.push_back(item.folder);
  }
  server_.Later(world.profile.provider_ms, mailbox, [this, exchange, answer, ticket, begun, whole = std::move(whole)]() mutable {
    exchange->Answer(*answer, [server = &server_, exchange, ticket, begun, whole = std::move(whole)](bool complete) {
      if (!complete || whole.empty() || !ticket) return;
      std::vector<std::string> names;
      for (const int folder : whole) names.push_back(FolderName(folder));
      const std::vector<std::string_view> views(names.begin(), names.end());
      server->engine().EndSync(*ticket, views, [](const absl::Status&) {});
      server->world().model.SyncEnds(exchange->mailbox, exchange->device, begun, whole, server->Readable(exchange->mailbox));
    });
  });
}

void HostFront::FolderSync(const ExchangePtr& exchange) {
  exchange->list_low = server_.world().model.FolderList(exchange->mailbox).first;
  server_.engine().BeginFolderSync(MailboxName(exchange->mailbox), [server = &server_, exchange](const absl::StatusOr<FolderList>& list) {
    if (!list.ok()) return exchange->Answer({.status = 6}, nullptr);
    Answer answer{.status = 1, .list_key = 1, .whole_list = true};
    for (const DeclaredFolder& folder : list->folders) answer.listed.push_back({NumberOf(folder.id), folder.item_class});
    const Seq high = server->world().model.FolderList(exchange->mailbox).second;
    exchange->Answer(std::move(answer), [server, exchange, high, version = list->version](bool complete) {
      if (!complete) return;
      server->engine().EndFolderSync(MailboxName(exchange->mailbox), DeviceName(exchange->device), version, [](const absl::Status&) {});
      server->world().model.FolderSyncEnds(exchange->mailbox, exchange->device, exchange->list_low, high,
                                           server->Readable(exchange->mailbox));
    });
  });
}

}  // namespace mailwake::sim
