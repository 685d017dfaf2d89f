// SPDX-License-Identifier: Apache-2.0
//
// The engine: shards, and what is left to do once their locks are released.

#include "mailwake/engine.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <string>
#include <utility>

#include "engine/src/arguments.h"
#include "engine/src/check.h"
#include "engine/src/context.h"
#include "engine/src/deadline_board.h"
#include "engine/src/heartbeat_window.h"
#include "engine/src/id_hash.h"
#include "engine/src/join.h"
#include "engine/src/loops.h"
#include "engine/src/shard.h"
#include "engine/src/store_calls.h"
#include "engine/src/trace_ring.h"
#include "mailwake/mutex.h"
#include "mailwake/observers.h"

namespace mailwake {
namespace {

constexpr auto kAgeOutEvery = std::chrono::hours(24);

}  // namespace

class Engine::Impl {
 public:
  Impl(Options options, Store& store)
      : context_(std::move(options), store),
        store_calls_(
            context_, [this](Shard& shard, Effects& effects) { CarryOut(shard, effects); },
            [this] { return std::ranges::all_of(shards_, [](const auto& shard) { return shard->idle(); }); }),
        loops_(context_.options.deadline_moved),
        trace_(context_.options.limits.trace),
        windows_{HeartbeatWindow(PingKind::kPing, context_.options.heartbeat_window, context_.options.heartbeat_alarm),
                 HeartbeatWindow(PingKind::kSync, context_.options.heartbeat_window, context_.options.heartbeat_alarm)} {
    for (std::uint32_t number = 0; number < context_.options.shards; ++number) shards_.push_back(std::make_unique<Shard>(context_, number));
    store_calls_.RaiseCeiling();
  }
  ~Impl() {
    for (const auto& shard : shards_) shard->answers().Await();
    store_calls_.answers().Await();
  }

  // By the hash's upper half: the shards' own tables use the lower.
  std::size_t NumberOf(const MailboxKey& mailbox) const { return mailbox.hash >> 32 & (shards_.size() - 1); }
  Shard& ShardOf(const MailboxKey& mailbox) { return *shards_[NumberOf(mailbox)]; }
  Shard* ShardOf(PingId id) {
    const std::uint64_t number = id.value >> 58;
    return number < shards_.size() ? shards_[number].get() : nullptr;
  }

  // Calls `call(effects)` on the shard and then does what it left to do.
  template <typename Call>
  auto Run(Shard& shard, Call call) {
    Effects effects;
    if constexpr (std::is_void_v<decltype(call(effects))>) {
      call(effects);
      CarryOut(shard, effects);
    } else {
      auto result = call(effects);
      CarryOut(shard, effects);
      return result;
    }
  }

  // Wakes first: a wake may come before the disk has confirmed, an acknowledgement may not.
  void CarryOut(Shard& shard, Effects& effects) {
    if (effects.loops != 0) loops_.Notify(effects.loops, shard.number());
    MoveDeadline(shard.next_due());
    if (effects.raise) store_calls_.RaiseCeiling();
    if (effects.outgoing != nullptr) store_calls_.HandOver(shard, effects.outgoing);
    for (Effects::Answer& answer : effects.answers) answer.done(std::move(answer.status));
    for (auto& call : effects.calls) call();
    if (effects.idle) store_calls_.CheckFlushed();
  }

  void MoveDeadline(Time due) {
    if (deadline_.Earlier(due.time_since_epoch().count()) && context_.options.deadline_moved) context_.options.deadline_moved();
  }

  std::optional<Time> NextDeadline() {
    const Time due(Duration(deadline_.Next([this] {
      Time earliest = Time::max();
      for (const auto& shard : shards_) earliest = std::min(earliest, shard->next_due());
      return (loops_.pending(0) ? Time() : earliest).time_since_epoch().count();  // at once, whatever the clock says
    })));
    return due == Time::max() ? std::nullopt : std::optional(due);
  }

  std::size_t Advance(Time now) {
    static thread_local Reused<HeartbeatSample> samples;  // keeps its memory
    for (const auto& shard : shards_) {
      if (shard->next_due() > now && context_.options.clock) continue;
      Run(*shard, [&](Effects& effects) { shard->Advance(now, samples, effects); });
    }
    AddHeartbeats(samples);
    AgeOut(now);
    return Deliver(0, SIZE_MAX);
  }

  std::size_t Deliver(LoopId loop, std::size_t most) {
    if (loop >= loops_.size() || !loops_.Begin(loop)) return 0;
    EndBatch& batch = loops_.batch(loop);
    batch.Clear();
    Reused<HeartbeatSample>& samples = loops_.samples(loop);
    for (std::uint64_t pending = loops_.Take(loop); pending != 0; pending &= pending - 1) {
      const auto number = static_cast<std::uint32_t>(std::countr_zero(pending));
      Shard& shard = *shards_[number];
      const std::size_t room = most - batch.size();
      const bool more = room == 0 || Run(shard, [&](Effects& effects) { return shard.Take(loop, room, batch, samples, effects); });
      if (more) loops_.Keep(loop, number);
    }
    AddHeartbeats(samples);
    const std::size_t delivered = batch.size();
    if (delivered > 0) {
      trace_.Add(batch.records());  // a completion may ask how its PING ended
      batch.Deliver();
      observers_.ended(batch.records());
      batch.Clear();
    }
    loops_.End(loop);
    return delivered;
  }

  // Samples come with the shards that are advanced or delivered anyway.
  void AddHeartbeats(Reused<HeartbeatSample>& samples) {
    if (samples.empty()) return;
    const auto earlier = [](const HeartbeatSample& a, const HeartbeatSample& b) { return a.at_ms < b.at_ms; };
    if (!std::is_sorted(samples.begin(), samples.end(), earlier)) std::stable_sort(samples.begin(), samples.end(), earlier);
    std::vector<HeartbeatReport> alarms;
    {
      MutexLock lock(windows_mutex_);
      for (const HeartbeatSample& sample : samples) {
        HeartbeatWindow& window = windows_[static_cast<std::size_t>(sample.kind)];
        if (window.Add(sample)) alarms.push_back(window.Report());
      }
    }
    samples.clear();
    for (const HeartbeatReport& alarm : alarms) observers_.heartbeat_alarm(alarm);
  }

  HeartbeatReport Heartbeats(PingKind kind) {
    Reused<HeartbeatSample> samples;
    for (const auto& shard : shards_) shard->TakeSamples(samples);
    AddHeartbeats(samples);
    MutexLock lock(windows_mutex_);
    return windows_[static_cast<std::size_t>(kind)].Report();
  }

  void AgeOut(Time now) {
    Time due = age_out_due_.load(std::memory_order_relaxed);
    const Duration age = context_.options.age_out;
    if (now < due || !age_out_due_.compare_exchange_strong(due, now + std::min<Duration>(kAgeOutEvery, age))) return;
    const Time before = now - age;
    for (const auto& shard : shards_) shard->AgeOut(before);
    store_calls_.AgeOut(before);
  }

  void Publish(std::span<const Change> changes, DoneCallback&& done) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const absl::Status status = CheckChange(changes[i]);
      if (status.ok()) continue;
      const std::string message = std::string(status.message().data(), status.message().size());
      if (done) done(absl::InvalidArgumentError(changes.size() == 1 ? message : absl::StrCat("change ", i + 1, ": ", message)));
      return;
    }
    if (changes.size() == 1) {
      const KeyedChange keyed{changes[0].mailbox, changes.data()};
      Shard& shard = ShardOf(keyed.mailbox);
      return Run(shard, [&](Effects& effects) { shard.Publish({&keyed, 1}, std::move(done), effects); });
    }
    PublishMany(changes, std::move(done));
  }

  // One lock a shard; in each shard in the order given.
  void PublishMany(std::span<const Change> changes, DoneCallback&& done) {
    std::vector<KeyedChange> keyed;
    keyed.reserve(changes.size());
    for (const Change& change : changes) keyed.push_back({change.mailbox, &change});
    std::ranges::stable_sort(keyed, {}, [this](const KeyedChange& change) { return NumberOf(change.mailbox); });
    const auto join = std::make_shared<Join>(std::move(done));
    for (std::size_t first = 0; first < keyed.size();) {
      Shard& shard = ShardOf(keyed[first].mailbox);
      std::size_t last = first + 1;
      while (last < keyed.size() && &ShardOf(keyed[last].mailbox) == &shard) ++last;
      const std::span<const KeyedChange> part(&keyed[first], last - first);
      Run(shard, [&](Effects& effects) { shard.Publish(part, Join::Part(join), effects); });
      first = last;
    }
    join->Seal();
  }

  void Suspect(DoneCallback done) {
    const auto version = context_.versions.Take(1);
    store_calls_.RaiseCeiling();
    if (!version) {
      if (done) done(absl::UnavailableError("the store has not confirmed a block of versions; try again"));
      return;
    }
    for (const auto& shard : shards_) Run(*shard, [&](Effects& effects) { shard->SuspectEverything(version->first, effects); });
    store_calls_.SuspectEverything(version->first, std::move(done));
  }

  Context context_;
  StoreCalls store_calls_;
  Loops loops_;
  TraceRing trace_;
  Observers observers_;
  std::vector<std::unique_ptr<Shard>> shards_;
  DeadlineBoard deadline_;
  std::atomic<Time> age_out_due_{Time::min()};
  Mutex windows_mutex_;
  std::array<HeartbeatWindow, 2> windows_ ABSL_GUARDED_BY(windows_mutex_);
};

// ---- The public face

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(Options options, Store& store) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  if (store.opened().first_version > kMostVersion - kVersionBlock)
    return absl::FailedPreconditionError("the store has given out all versions that there are (2^48), or is damaged");
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(std::move(options), store)));
}

PingId Engine::Hold(const PingRequest& request, EndCallback done) {
  const MailboxKey mailbox(request.mailbox);
  Shard& shard = impl_->ShardOf(mailbox);
  return impl_->Run(shard, [&](Effects& effects) { return shard.Hold(mailbox, request, std::move(done), effects); });
}

bool Engine::Cancel(PingId id) {
  Shard* shard = impl_->ShardOf(id);
  if (shard == nullptr) return false;
  return impl_->Run(*shard, [&](Effects& effects) {
    return shard->Cancel(static_cast<Slot>(id.value >> 32 & 0x3FF'FFFF), static_cast<std::uint32_t>(id.value), effects);
  });
}

void Engine::Delivered(std::string_view mailbox, std::string_view device, PingId id) {
  impl_->ShardOf(mailbox).Delivered(mailbox, device, id);
}

void Engine::Publish(std::span<const Change> changes, DoneCallback done) { impl_->Publish(changes, std::move(done)); }

void Engine::SetFolders(std::string_view mailbox, std::vector<DeclaredFolder> folders, DoneCallback done) {
  absl::Status status = CheckId("mailbox", mailbox, kMaxMailboxBytes);
  status.Update(CheckFolders(folders, impl_->context_.options.limits.folders_per_mailbox));
  if (!status.ok()) return done ? done(status) : void();
  Shard& shard = impl_->ShardOf(mailbox);
  impl_->Run(shard, [&](Effects& effects) { shard.SetFolders(mailbox, std::move(folders), std::move(done), effects); });
}

void Engine::Suspect(std::optional<std::string_view> mailbox, DoneCallback done) {
  if (!mailbox) return impl_->Suspect(std::move(done));
  if (absl::Status status = CheckId("mailbox", *mailbox, kMaxMailboxBytes); !status.ok()) return done ? done(status) : void();
  Shard& shard = impl_->ShardOf(*mailbox);
  impl_->Run(shard, [&](Effects& effects) { shard.SuspectMailbox(*mailbox, std::move(done), effects); });
}

SyncTicket Engine::BeginSync(std::string_view mailbox, std::string_view device) {
  return {mailbox, device, impl_->ShardOf(mailbox).BeginSync()};
}

void Engine::EndSync(const SyncTicket& ticket, std::span<const std::string_view> folders, DoneCallback done) {
  const MailboxKey mailbox(ticket.mailbox.view());
  Shard& shard = impl_->ShardOf(mailbox);
  absl::Status status = CheckId("mailbox", ticket.mailbox, kMaxMailboxBytes);
  status.Update(CheckId("device", ticket.device, kMaxDeviceBytes));
  for (std::string_view folder : folders) status.Update(CheckId("folder", folder, kMaxIdBytes));
  if (status.ok() && !shard.GaveOut(ticket.version)) status = absl::InvalidArgumentError("the ticket was never given out");
  if (!status.ok()) return done ? done(status) : void();
  impl_->Run(shard, [&](Effects& effects) { shard.EndSync(mailbox, ticket, folders, std::move(done), effects); });
}

void Engine::ResetCursor(std::string_view mailbox, std::string_view device, std::string_view folder, DoneCallback done) {
  absl::Status status = CheckId("mailbox", mailbox, kMaxMailboxBytes);
  status.Update(CheckId("device", device, kMaxDeviceBytes));
  status.Update(CheckId("folder", folder, kMaxIdBytes));
  if (!status.ok()) return done ? done(status) : void();
  Shard& shard = impl_->ShardOf(mailbox);
  impl_->Run(shard, [&](Effects& effects) { shard.ResetCursor(mailbox, device, folder, std::move(done), effects); });
}

void Engine::BeginFolderSync(std::string_view mailbox, FolderListCallback done) {
  if (absl::Status status = CheckId("mailbox", mailbox, kMaxMailboxBytes); !status.ok()) return done ? done(status) : void();
  Shard& shard = impl_->ShardOf(mailbox);
  impl_->Run(shard, [&](Effects& effects) { shard.BeginFolderSync(mailbox, std::move(done), effects); });
}

void Engine::EndFolderSync(std::string_view mailbox, std::string_view device, Version version, DoneCallback done) {
  absl::Status status = CheckId("mailbox", mailbox, kMaxMailboxBytes);
  status.Update(CheckId("device", device, kMaxDeviceBytes));
  if (!status.ok()) return done ? done(status) : void();
  Shard& shard = impl_->ShardOf(mailbox);
  impl_->Run(shard, [&](Effects& effects) { shard.EndFolderSync(mailbox, device, version, std::move(done), effects); });
}

std::size_t Engine::EndDevice(std::string_view mailbox, std::string_view device) {
  Shard& shard = impl_->ShardOf(mailbox);
  return impl_->Run(shard, [&](Effects& effects) { return shard.EndWatches(mailbox, device, effects); });
}

std::size_t Engine::EndMailbox(std::string_view mailbox) {
  Shard& shard = impl_->ShardOf(mailbox);
  return impl_->Run(shard, [&](Effects& effects) { return shard.EndWatches(mailbox, std::nullopt, effects); });
}

std::size_t Engine::Shed(std::size_t count) {
  std::size_t shed = 0;
  for (const auto& shard : impl_->shards_) {
    if (shed < count) shed += impl_->Run(*shard, [&](Effects& effects) { return shard->Shed(count - shed, effects); });
  }
  return shed;
}

void Engine::Drain(Duration over) {
  impl_->context_.draining.store(true);
  for (const auto& shard : impl_->shards_) impl_->Run(*shard, [&](Effects& effects) { shard->Drain(over, effects); });
}

void Engine::Flush(absl::AnyInvocable<void()> done) {
  for (const auto& shard : impl_->shards_) impl_->Run(*shard, [&](Effects& effects) { shard->WriteUnsaved(effects); });
  impl_->store_calls_.Flush(std::move(done));
}

std::optional<Time> Engine::next_deadline() const { return impl_->NextDeadline(); }
std::size_t Engine::advance(Time now) { return impl_->Advance(now); }
LoopId Engine::AddLoop(std::function<void()> ready) { return impl_->loops_.Add(std::move(ready)); }
std::size_t Engine::Deliver(LoopId loop, std::size_t most) { return impl_->Deliver(loop, most); }

Stats Engine::stats() const {
  Stats stats;
  for (const auto& shard : impl_->shards_) shard->AddStats(stats);
  return stats;
}

std::vector<PingView> Engine::Pings(std::size_t most) const {
  std::vector<PingView> pings;
  for (const auto& shard : impl_->shards_) shard->AddPings(most, pings);
  return pings;
}

Explanation Engine::Explain(std::string_view mailbox, std::string_view device) const {
  Explanation explanation;
  impl_->ShardOf(mailbox).Explain(mailbox, device, explanation);
  explanation.ends = impl_->trace_.Find(mailbox, device);
  if (!explanation.ends.empty()) {  // the ring knows ends that no device entry does
    explanation.last_end = explanation.ends.front();
    explanation.ends.erase(explanation.ends.begin());
  }
  return explanation;
}

HeartbeatReport Engine::Heartbeats(PingKind kind) const { return impl_->Heartbeats(kind); }
Observers& Engine::observers() { return impl_->observers_; }

void Engine::CheckInvariants() const {
  for (const auto& shard : impl_->shards_) shard->CheckInvariants();
}

}  // namespace mailwake
