// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/server.h"

#include <algorithm>
#include <utility>

#include "mailwake/observers.h"
#include "tests/sim/publisher.h"

namespace mailwake::sim {

class Server::Ports final : public SyncProvider, public Authenticator {
 public:
  explicit Ports(Server& server) : server_(server) {}
  void Sync(SyncProvider::Request request, SyncProvider::Callback done) override { server_.ProvideSync(request, std::move(done)); }
  // Whoever knocks is let in.
  void Authenticate(std::string user, std::string, Authenticator::Callback done) override { done(Account{std::move(user)}); }

 private:
  Server& server_;
};

Server::Server(World& world)
    : world_(world),
      disk_(world.profile.sqlite),
      clock_(world.queue.now(), world.profile.drift_ppm),
      ports_(std::make_unique<Ports>(*this)) {}

Server::~Server() {
  if (engine_ != nullptr) Kill(false);
}

Options Server::EngineOptions() {
  const Profile& profile = world_.profile;
  Options options;
  options.heartbeat_min = std::chrono::seconds(profile.heartbeat_min_s);
  options.heartbeat_max = std::chrono::seconds(profile.heartbeat_max_s);
  for (std::size_t i = 0; i < kItemClasses; ++i) options.coalesce[i] = Duration(profile.coalesce_ms[i]);
  options.limits = profile.limits;
  options.retry_after = std::chrono::seconds(profile.retry_after_s);
  options.shards = profile.shards;
  options.seed = world_.random.Next();
  options.clock = [this] { return clock_.Shows(world_.queue.now()); };
  return options;
}

// ---- Lives

void Server::Open() {
  ++life_;
  world_.history.Add({.time = world_.queue.now(), .what = What::kOpen, .a = life_});
  clock_.Start(world_.queue.now(), world_.model.now);
  world_.model.Opened();
  store_ = std::make_unique<SlowStore>(world_.queue, disk_.Open(), world_.random.Fork(), world_.calm ? 0 : world_.profile.store_ms,
                                       [this](int mailbox) { Settle(mailbox); });
  store_->load_failed = [this](int mailbox) { world_.model.LoadFailed(mailbox); };
  engine_ = Engine::Create(EngineOptions(), *store_).value();
  front_ = NewActiveSync(*engine_, *ports_, store_->state(), ports_.get(),
                         {.heartbeat_min = std::chrono::seconds(world_.profile.heartbeat_min_s),
                          .heartbeat_max = std::chrono::seconds(world_.profile.heartbeat_max_s)});
  handler_ = front_->handler();
  host_front_ = std::make_unique<HostFront>(*this);
  draining_ = false;
  memory_when_opened_ = engine_->stats().memory_bytes;
  Settle(kNone);
}

// Everything that waits for the engine or the store goes before them; what it holds may call them once more.
void Server::Forget() {
  for (const auto& weak : exchanges_) {
    if (const ExchangePtr exchange = weak.lock()) exchange->Drop(true);
  }
  exchanges_.clear();
  later_.clear();
  while (!posted_.empty()) posted_.pop_front();
  handler_ = nullptr;
  front_.reset();
  host_front_.reset();
  world_.publisher->ServerGone();
  engine_.reset();
  posted_.clear();
  store_.reset();
  armed_.reset();
  tickets_.clear();
  keys_.clear();
}

void Server::Kill(bool power) {
  world_.history.Add({.time = world_.queue.now(), .what = power ? What::kPowerLoss : What::kKill, .a = store_->waiting()});
  if (!store_->idle()) world_.stakes.Count(Stake::kCrashWithWrites);
  // What was handed to the system survives the process, and not the machine.
  const std::size_t waiting = store_->waiting();
  store_->Lose(power ? world_.random.Below(waiting + 1) : waiting);
  world_.model.Closed(false);
  if (power) {
    for (const auto& weak : exchanges_) {
      if (const ExchangePtr exchange = weak.lock()) exchange->Drop(false);
    }
  }
  Forget();
}

void Server::Drain(Duration over) {
  world_.history.Add({.time = world_.queue.now(), .what = What::kDrain, .a = static_cast<std::uint64_t>(over.count())});
  draining_ = true;
  world_.model.Draining();
  engine_->Drain(over);
  Settle(kNone);
}

void Server::Close() {
  const bool on_time = world_.profile.jump_mean_ms == 0 && world_.profile.drift_ppm == 0;
  if (on_time && engine_->stats().pings_held > 0) world_.model.Fail(3, kNone, kNone, "P3: a server that was drained holds PINGs");
  bool flushed = false;
  store_->set_failing({});
  engine_->Flush([&flushed] { flushed = true; });
  Settle(kNone);
  while (!store_->idle()) {
    store_->Finish();
    Settle(kNone);
  }
  if (!flushed) return Kill(false);
  world_.history.Add({.time = world_.queue.now(), .what = What::kClose});
  store_->Lose(0);
  world_.model.Closed(true);
  Forget();
}

void Server::JumpClock(std::int64_t by_ms) {
  world_.history.Add({.time = world_.queue.now(), .what = What::kClockJump, .a = static_cast<std::uint64_t>(by_ms)});
  clock_.Jump(by_ms, world_.queue.now(), world_.model.now);
  armed_.reset();
  if (engine_ != nullptr) Settle(kNone);
}

void Server::SetFailing(const SlowStore::Failing& failing) {
  world_.history.Add(
      {.time = world_.queue.now(), .what = failing.any() ? What::kStoreFails : What::kStoreWell, .a = failing.commits, .b = failing.loads});
  if (store_ != nullptr) store_->set_failing(failing);
}

// ---- Running

void Server::RunPosted() {
  while (!posted_.empty()) {
    absl::AnyInvocable<void()> work = std::move(posted_.front());
    posted_.pop_front();
    work();
  }
}

void Server::Settle(int mailbox) {
  if (engine_ == nullptr || settling_) return;
  settling_ = true;
  const Time shown = clock_.Shows(world_.queue.now());
  do {
    RunPosted();
  } while (engine_->advance(shown) > 0 || !posted_.empty());
  settling_ = false;
  if (store_->idle() && (store_->failures() == 0 || engine_->stats().unsaved_mailboxes == 0)) world_.model.Quiet();
  if (mailbox != kNone) {
    world_.model.CheckHeld(mailbox, Readable(mailbox));
    if (world_.random.Chance(0.03)) Explain(mailbox);
  }
  Arm();
}

void Server::Arm() {
  const std::optional<Time> deadline = engine_->next_deadline();
  if (!deadline) return;
  const Time when = clock_.WhenItShows(*deadline, world_.queue.now());
  if (armed_ && *armed_ <= when) return;
  armed_ = when;
  world_.queue.At(when, [this, when, life = life_] {
    if (life != life_ || armed_ != when) return;
    armed_.reset();
    Settle(kNone);
  });
}

void Server::Later(std::int64_t most_ms, int mailbox, absl::AnyInvocable<void()> work) {
  if (most_ms == 0 || world_.calm || world_.random.Chance(0.5)) return work();
  const std::uint64_t number = ++next_later_;
  later_.emplace(number, std::move(work));
  world_.queue.After(Duration(world_.random.Between(1, most_ms)), [this, number, mailbox] {
    auto found = later_.find(number);
    if (found == later_.end()) return;
    absl::AnyInvocable<void()> due = std::move(found->second);
    later_.erase(found);
    due();
    Settle(mailbox);
  });
}

void Server::CancelLate(PingId id, int mailbox, int device) {
  world_.queue.After(Duration(world_.random.Between(1, 60'000)), [this, id, mailbox, device, life = life_] {
    if (life != life_ || engine_ == nullptr) return;
    world_.stakes.Count(Stake::kCancelLost);
    if (engine_->Cancel(id)) world_.model.Fail(3, mailbox, device, "P3: a late Cancel ends a PING that is another");
    Settle(mailbox);
  });
}

void Server::LoseConnection(int mailbox) {
  for (const auto& weak : exchanges_) {
    const ExchangePtr exchange = weak.lock();
    if (exchange == nullptr || exchange->mailbox != mailbox || !exchange->open() || exchange->request.kind != Request::kPing) continue;
    world_.stakes.Count(Stake::kCancelLost);
    return exchange->Leave();
  }
}

// ---- Requests

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
  handler_(WriteRequest(request, mailbox, device), exchange);
  RunPosted();
  if (request.kind == Request::kPing && exchange->open()) {
    exchange->ping = world_.model.Held(
        {.mailbox = mailbox, .device = device, .heartbeat_s = request.heartbeat_s, .folders = request.folders}, Readable(mailbox));
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
  world_.model.Gone(exchange.ping);
  world_.model.Ended(std::exchange(exchange.ping, kNone), EndReason::kCancelled, {});
  ++world_.ends;
}

void Server::PingAnswered(Exchange& exchange, const Answer& answer) {
  const int ping = std::exchange(exchange.ping, kNone);
  Model& model = world_.model;
  if (ping == kNone) return;
  ++world_.ends;
  if (answer.http == 503) {
    if (model.shedding()) return model.Ended(ping, EndReason::kShed, {});
    return model.Ended(ping, EndReason::kRefused, {}, Refusal::kServerFull, 0, answer.retry_after_s);
  }
  if (answer.http == 401) return model.Ended(ping, EndReason::kRefused, {}, Refusal::kRevoked);
  switch (answer.status) {
    case 1:
      if (!answer.close) return model.Ended(ping, EndReason::kExpired, {});
      return model.Ended(ping, draining_ ? EndReason::kDrained : EndReason::kSuperseded, {});
    case 2:
      return model.EndedChanged(ping, answer.folders);
    case 3:
      return model.Ended(ping, EndReason::kRefused, {}, Refusal::kMissingParameters);
    case 5: {
      const bool low = answer.bound == world_.profile.heartbeat_min_s;
      return model.Ended(ping, EndReason::kRefused, {}, low ? Refusal::kHeartbeatTooShort : Refusal::kHeartbeatTooLong, answer.bound);
    }
    case 6:
      return model.Ended(ping, EndReason::kRefused, {}, Refusal::kTooManyFolders, answer.bound);
    case 7:
      return model.Ended(ping, EndReason::kHierarchy, {});
    case 8:
      return model.Ended(ping, EndReason::kFailed, {});
    default:
      model.Fail(3, exchange.mailbox, exchange.device, "P3: a PING is answered with status " + std::to_string(answer.status));
      model.EndedSomehow(ping);
  }
}

void Server::SyncAnswered(Exchange& exchange, const Answer& answer) {
  const int mailbox = exchange.mailbox, device = exchange.device;
  Model& model = world_.model;
  if (exchange.ping != kNone) {
    const int ping = std::exchange(exchange.ping, kNone);
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
    auto known = keys.find(collection.folder);
    const bool repeats = known == keys.end() || known->second != asked->key;
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
  if (own_change && world_.host.folder(mailbox, folder).exists) world_.publisher->OwnChange(mailbox, folder, device);
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

// ---- Looking in

void Server::Explain(int mailbox) {
  const std::vector<int>& pings = world_.model.pings_of(mailbox);
  if (pings.empty() || !Readable(mailbox)) return;
  const Model::Ping& ping = world_.model.ping(world_.random.Pick(pings));
  if (!ping.spec.exact || ping.rivalled || ping.spec.kind != PingKind::kPing || ping.cancelled || ping.revoked) return;
  const int device = ping.spec.device;
  const Explanation explanation = engine_->Explain(MailboxName(mailbox), DeviceName(device));
  world_.stakes.Count(Stake::kExplained);
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
  const std::uint64_t pinned = waited + stats.unsaved_mailboxes + stats.mailboxes_loading + store_->waiting();
  if (stats.mailboxes > limits.idle_mailboxes + pinned) model.Fail(4, kNone, kNone, "P4: more mailboxes in memory than the limit");
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
