// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/device.h"

#include <algorithm>
#include <utility>

#include "tests/sim/server.h"

namespace mailwake::sim {
namespace {

constexpr std::int64_t kRequestTimeoutMs = 60'000;
constexpr int kSyncsOfQuitters = 5;
constexpr std::int64_t kPatienceMs = 30'000;  // beyond the heartbeat

HeartbeatTuner::Config TunerFor(const Profile& profile) {
  return {.initial = std::chrono::seconds(std::min<std::int64_t>(480, profile.heartbeat_max_s)),
          .minimum = std::chrono::seconds(std::max<std::int64_t>(60, profile.heartbeat_min_s)),
          .maximum = std::chrono::seconds(profile.heartbeat_max_s)};
}

}  // namespace

Device::Device(World& world, int box, int number, bool speaks_active_sync, bool has_twin)
    : mailbox(box),
      id(number),
      active_sync(speaks_active_sync),
      shared(has_twin),
      world_(world),
      random_(world.random.Fork()),
      tuner_(TunerFor(world.profile)) {
  Draw();
}

void Device::Draw() {
  const Profile& profile = world_.profile;
  if (random_.Chance(profile.impatient)) {
    habits_.fixed_heartbeat_s = std::min<std::int64_t>(random_.Pick({180, 470}), profile.heartbeat_max_s);
  } else if (random_.Chance(0.2)) {
    habits_.fixed_heartbeat_s = random_.Between(60, 4'000);  // may be more than the server takes
  }
  habits_.ping_first = random_.Chance(profile.ping_first);
  habits_.empty_ping = random_.Chance(profile.empty_ping);
  habits_.double_ping = random_.Chance(profile.double_ping);
  habits_.ignores_list = random_.Chance(profile.ignores_list);
  habits_.never_syncs = random_.Chance(profile.never_syncs);
  habits_.half_sync = random_.Chance(profile.half_sync);
  habits_.forgets_repeat = random_.Chance(profile.forgets_repeat);
  habits_.hanging_sync = random_.Chance(profile.hanging_sync);
  habits_.own_changes = random_.Chance(profile.own_changes);
  habits_.stops_syncing = random_.Chance(profile.stops_syncing);
  habits_.small_window = random_.Chance(0.3) && profile.acknowledge == Acknowledge::kSync;  // else it is not told of the rest
  link_.latency_ms = random_.Between(1, profile.latency_ms);
  link_.loss = random_.Chance(0.5) ? profile.loss : 0;
  if (random_.Chance(profile.idle_cut)) link_.cut_after_ms = profile.idle_cut_ms;
}

void Device::Start() {
  WaitAndStep(random_.Between(1, 60'000));
  if (world_.profile.offline_mean_ms > 0 && random_.Chance(0.5)) GoAway();
}

void Device::Behave() {
  const bool hanging = habits_.hanging_sync;
  const auto heartbeat = habits_.fixed_heartbeat_s;
  habits_ = {.fixed_heartbeat_s = heartbeat, .hanging_sync = hanging};
  link_.loss = 0;
  link_.cut_after_ms = 0;
  if (doing_ == Doing::kIdle) WaitAndStep(1);
}

void Device::Leave() {
  gone_ = true;
  if (exchange_) HangUp(std::exchange(exchange_, nullptr), false);
}

// ---- What to do next

void Device::WaitAndStep(std::int64_t ms) {
  doing_ = Doing::kIdle;
  const std::uint64_t turn = ++turn_;
  world_.queue.After(Duration(std::max<std::int64_t>(1, ms)), [this, turn] {
    if (turn == turn_ && !gone_) Step();
  });
}

void Device::Think() { WaitAndStep(random_.Between(1, world_.profile.think_ms)); }

void Device::Step() {
  // Whom the server may have forgotten begins with the folder list, by itself or because a Sync tells it to (status 12).
  const std::int64_t age_ms = world_.profile.age_out_h * 3'600'000;
  const bool is_told = active_sync && world_.profile.sqlite;
  if (age_ms > 0 && !is_told && (world_.queue.now() - heard_).count() > age_ms / 2) list_wanted_ = true;
  if (list_wanted_) return AskList();
  if (folders_.empty()) return WaitAndStep(20'000);
  StartOver();
  // One that is told again and again never sees a heartbeat end.
  if (most_folders_ < folders_.size() && random_.Chance(world_.calm ? 0.5 : 0.1)) WantUnwatched();
  const bool wanted = std::ranges::any_of(folders_, [](const auto& entry) { return entry.second.wanted; });
  const bool first = asked_.empty() && habits_.ping_first;
  const bool syncs = !habits_.never_syncs && !(habits_.stops_syncing && syncs_ >= kSyncsOfQuitters);
  if (wanted && syncs && !first) return AskSync(false);
  const bool keyed = std::ranges::all_of(folders_, [](const auto& entry) { return entry.second.key != 0; });
  if (habits_.hanging_sync && keyed && active_sync) return AskSync(true);
  AskPing(false);
}

void Device::StartOver() {
  if (world_.calm || !random_.Chance(world_.profile.starts_over)) return;
  auto folder = folders_.begin();
  std::advance(folder, random_.Below(folders_.size()));
  folder->second.key = 0;
  folder->second.wanted = true;
}

// Mailboxes without a declared list are known to their devices in another way.
void Device::TakeHostFolders() {
  for (const FolderRef& ref : world_.host.mailbox(mailbox).List()) {
    Folder& folder = folders_[ref.folder];
    if (folder.item_class != ref.item_class) folder.key = 0, folder.wanted = true;
    folder.item_class = ref.item_class;
  }
}

void Device::AskList() {
  doing_ = Doing::kList;
  Send({.kind = Request::kFolderSync, .list_key = list_key_}, kRequestTimeoutMs);
}

void Device::AskSync(bool hangs) {
  doing_ = Doing::kSync;
  Request request{.kind = Request::kSync, .hangs = hangs, .window = habits_.small_window ? 2 : 100};
  for (const auto& [number, folder] : folders_) {
    if (!folder.wanted && !hangs) continue;
    SyncItem& item =
        request.items.emplace_back(SyncItem{.folder = number, .item_class = folder.item_class, .key = folder.key, .have = folder.have});
    item.own_change = !hangs && habits_.own_changes && folder.key != 0 && random_.Chance(0.3) && !world_.calm;
    if (!active_sync && item.key == 0) item.have = 0;
  }
  if (hangs) request.heartbeat_s = Heartbeat();
  Send(std::move(request), hangs ? Heartbeat() * 1000 + kPatienceMs : kRequestTimeoutMs);
}

std::int64_t Device::Heartbeat() const {
  if (bound_s_) return *bound_s_;
  return habits_.fixed_heartbeat_s ? *habits_.fixed_heartbeat_s : tuner_.interval().count();
}

std::vector<FolderRef> Device::Watched() {
  std::vector<FolderRef> watched;
  for (const auto& [number, folder] : folders_) {
    if (watched.size() < most_folders_) watched.push_back({number, folder.item_class});
  }
  if (!world_.calm && random_.Chance(world_.profile.wrong_class)) {
    FolderRef& wrong = watched[random_.Below(watched.size())];
    wrong.item_class = static_cast<ItemClass>((static_cast<std::size_t>(wrong.item_class) + 1) % kItemClasses);
  }
  return watched;
}

void Device::AskPing(bool again) {
  doing_ = Doing::kPing;
  Request request{.kind = Request::kPing};
  std::vector<FolderRef> watched = Watched();
  const std::int64_t heartbeat_s = Heartbeat();
  const bool same = watched == asked_ && heartbeat_s == asked_s_;
  if (!habits_.empty_ping || (!same && !asked_.empty()) || again) {
    request.heartbeat_s = heartbeat_s;
    if (!same || !habits_.empty_ping || random_.Chance(0.5)) request.folders = watched;
  }
  asked_ = std::move(watched);
  asked_s_ = heartbeat_s;
  if (habits_.hanging_sync && !active_sync) {
    request.hangs = true;
    request.heartbeat_s = heartbeat_s;
    request.folders = asked_;
  }
  Send(std::move(request), heartbeat_s * 1000 + kPatienceMs);
  if (habits_.double_ping && !world_.calm && !again) {
    world_.queue.After(Duration(random_.Between(1, 5'000)), [this, turn = turn_] {
      if (turn == turn_ && doing_ == Doing::kPing && !gone_) AskPing(true);  // the first is not waited for any more
    });
  }
}

// ---- Requests

void Device::Send(Request request, std::int64_t timeout_ms) {
  const std::uint64_t turn = ++turn_;
  Server& server = *world_.server;
  // One connection carries one request at a time; it is free again when the answer has come.
  std::shared_ptr<std::string> connection = connection_ ? std::exchange(connection_, nullptr) : std::make_shared<std::string>();
  auto deliver = [this, turn, request, connection](const Answer& answer) {
    if (turn == turn_ && answer.http != 0 && !answer.close) connection_ = connection;
    Answered(turn, request, answer);
  };
  exchange_ = std::make_shared<Exchange>(server, mailbox, id, active_sync, link_, connection, request, std::move(deliver));
  const bool lost = !world_.calm && random_.Chance(link_.loss);
  if (!lost) {
    world_.queue.After(Duration(random_.Between(1, link_.latency_ms)), [this, exchange = exchange_, turn] {
      if (!exchange->open()) return;  // it hung up before
      if (world_.server->up()) return world_.server->Receive(exchange);
      world_.queue.After(Duration(random_.Between(1, world_.profile.unreachable_ms)), [this, turn, exchange] {
        if (!gone_) Answered(turn, exchange->request, {.http = 0});
      });
    });
  }
  world_.queue.After(Duration(timeout_ms), [this, turn] {
    if (turn == turn_ && !gone_) Lost(turn);
  });
  if (!world_.calm && random_.Chance(world_.profile.vanishes)) {
    world_.queue.After(Duration(random_.Between(1, std::min<std::int64_t>(timeout_ms, 20'000))), [this, turn] {
      if (turn == turn_ && !gone_ && !world_.calm) {
        HangUp(std::exchange(exchange_, nullptr), random_.Chance(0.5));
        world_.history.Add({.time = world_.queue.now(),
                            .what = What::kVanish,
                            .mailbox = static_cast<std::int16_t>(mailbox),
                            .device = static_cast<std::int16_t>(id)});
        WaitAndStep(random_.Between(1'000, 300'000));
      }
    });
  }
}

// The server hears of it after a while, or never.
void Device::HangUp(const ExchangePtr& exchange, bool unseen) {
  if (exchange == nullptr) return;
  exchange->HangUp();
  if (unseen && !world_.calm) return;
  world_.queue.After(Duration(random_.Between(1, link_.latency_ms)), [exchange] { exchange->Leave(); });
}

void Device::GoAway() {
  world_.queue.After(Duration(random_.Exponential(static_cast<double>(world_.profile.offline_mean_ms))), [this] {
    if (world_.calm || gone_) return;
    HangUp(std::exchange(exchange_, nullptr), random_.Chance(world_.profile.gone_unseen));
    WaitAndStep(random_.Exponential(static_cast<double>(world_.profile.offline_mean_ms)));
    GoAway();
  });
}

// No answer came in time.
void Device::Lost(std::uint64_t) {
  const Request request = exchange_ ? exchange_->request : Request{};
  HangUp(std::exchange(exchange_, nullptr), random_.Chance(world_.profile.gone_unseen));
  if (request.kind == Request::kPing) {
    tuner_.Silent();
    WantUnwatched();
  }
  if (request.kind == Request::kSync && habits_.forgets_repeat && !request.hangs) {
    for (const SyncItem& item : request.items) {
      auto folder = folders_.find(item.folder);
      if (folder == folders_.end()) continue;
      folder->second.wanted = false;
      folder->second.excused = true;
    }
  }
  // What may have been given and was lost is asked for again: with the same key.
  if (request.kind == Request::kSync && request.hangs) {
    for (auto& [number, folder] : folders_) folder.wanted = !habits_.forgets_repeat || folder.wanted;
    if (habits_.forgets_repeat) {
      for (auto& [number, folder] : folders_) folder.excused = true;
    }
  }
  Think();
}

// ---- In the end

std::optional<std::string> Device::Missing(World& world) const {
  const MailHost::Mailbox& box = world.host.mailbox(mailbox);
  for (const FolderRef& ref : box.List()) {
    const auto found = folders_.find(ref.folder);
    if (found == folders_.end()) return "does not know " + FolderName(ref.folder);
    const Folder& folder = found->second;
    if (folder.item_class != ref.item_class && box.declared) return "takes " + FolderName(ref.folder) + " for another class";
    if (folder.excused) continue;
    const std::uint64_t latest = world.host.LatestFor(mailbox, ref.folder, id);
    if (folder.have >= latest) continue;
    if (box.folders[static_cast<std::size_t>(ref.folder)].early > folder.have) {
      world.stakes.Count(Stake::kMissedByEarlyPublish);
      continue;
    }
    return "has " + std::to_string(folder.have) + " changes of " + FolderName(ref.folder) + ", and there are " + std::to_string(latest);
  }
  return std::nullopt;
}

}  // namespace mailwake::sim
