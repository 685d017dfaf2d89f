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
  options.acknowledge = profile.acknowledge;
  if (profile.masked > 0) options.wake_kinds.fill(0xF & ~(1U << static_cast<unsigned>(ChangeKind::kFlags)));
  if (profile.age_out_h > 0) options.age_out = std::chrono::hours(profile.age_out_h);
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
  store_->set_fails_one(world_.calm ? 0 : world_.profile.store_fails_one);
  store_->load_failed = [this](int mailbox) { world_.model.LoadFailed(mailbox); };
  engine_ = Engine::Create(EngineOptions(), *store_).value();
  engine_->observers().ended.connect([this](std::span<const EndRecord> ends) { Delivered(ends); });
  ready_.assign(static_cast<std::size_t>(world_.profile.loops), false);
  for (std::size_t loop = 1; loop < ready_.size(); ++loop) engine_->AddLoop([this, loop] { ready_[loop] = true; });
  front_ = NewActiveSync(*engine_, *ports_, store_->state(), ports_.get(),
                         {.heartbeat_min = std::chrono::seconds(world_.profile.heartbeat_min_s),
                          .heartbeat_max = std::chrono::seconds(world_.profile.heartbeat_max_s),
                          .acknowledge = world_.profile.acknowledge,
                          .clock = [this] { return std::chrono::steady_clock::time_point(world_.queue.now().time_since_epoch()); }});
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
  world_.stakes.Count(Stake::kOneCallFailed, store_->failed_alone());
  store_.reset();
  armed_.reset();
  tickets_.clear();
  keys_.clear();
  ended_.clear();
  ring_.clear();
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
  store_->set_fails_one(0);
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

LoopId Server::PickLoop() {
  const int loops = world_.profile.loops;
  return loops == 1 ? LoopId{0} : static_cast<LoopId>(world_.random.Below(static_cast<std::size_t>(loops)));
}

bool Server::OverBudget() const {
  const std::size_t budget = world_.profile.limits.memory_bytes;
  return budget != Limits{}.memory_bytes && engine_->stats().memory_bytes > budget;
}

std::size_t Server::DeliverLoops() {
  std::size_t delivered = 0;
  for (std::size_t loop = 1; loop < ready_.size(); ++loop) {
    if (!ready_[loop]) continue;
    ready_[loop] = false;
    delivered += engine_->Deliver(static_cast<LoopId>(loop));
  }
  if (delivered > 0) world_.stakes.Count(Stake::kOtherLoop, delivered);
  return delivered;
}

void Server::Settle(int mailbox) {
  if (engine_ == nullptr || settling_) return;
  settling_ = true;
  const Time shown = clock_.Shows(world_.queue.now());
  do {
    RunPosted();
  } while (engine_->advance(shown) + DeliverLoops() > 0 || !posted_.empty());
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

}  // namespace mailwake::sim
