// SPDX-License-Identifier: Apache-2.0
//
// Mailboxes in and out of memory, the way of a watch through its states, and time.

#include "engine/src/shard.h"

#include <algorithm>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/plant.h"

namespace mailwake {
namespace {

// Told of Suspect(all) in one go, and how often: spreads the wakes of a whole server (10,000 a second).
constexpr Slot kWalkStep = 16;
constexpr std::int64_t kWalkEveryMs = 100;
// Idle mailboxes looked at for one without an open window.
constexpr int kEvictLook = 16;
// And looked at in one call at the most, beside as many as it lets go itself: the next call goes on.
constexpr int kEvictMost = 64;

Time SeenAt(const Device& device) { return Time(Duration(device.last_seen.ms())); }

}  // namespace

Shard::Shard(Context& context, std::uint32_t number)
    : context_(context),
      number_(number),
      windows_(std::ranges::any_of(context.options.coalesce, [](Duration window) { return window.count() > 0; })),
      last_version_(context.store.opened().first_version - 1),
      suspect_(context.store.opened().suspect),
      random_(context.options.seed * 64 + number) {}

PingId Shard::IdOf(Slot slot) const { return {std::uint64_t{number_} << 58 | std::uint64_t{slot} << 32 | watches_[slot].generation}; }

// ---- Time

void Shard::Observe() {
  if (context_.options.clock) timeline_.Observe(context_.options.clock(), timed_ > 0);
}

// What it takes goes into the engine's count.
void Shard::CountBytes() {
  const std::size_t bytes = blocks_.bytes() + mailboxes_.bytes() + watches_.bytes();
  if (bytes == bytes_) return;
  context_.bytes.fetch_add(bytes - bytes_, std::memory_order_relaxed);  // may wrap: the sum is right
  bytes_ = bytes;
}

void Shard::Settle(Effects& effects) {
  Evict();
  CountBytes();
  if (context_.flushing.load(std::memory_order_relaxed) && Idle()) effects.idle = true;
  if (!handing_over_ && !outbox_.empty()) {
    handing_over_ = true;
    effects.outgoing = outbox_.Take();
    open_calls_ += effects.outgoing->loads.size() + (effects.outgoing->mailboxes.empty() ? 0 : 1);
    stats_.commits += effects.outgoing->mailboxes.empty() ? 0 : 1;
  }
  Time due = Time::max();
  if (timed_ > 0) due = std::min(timeline_.ClockAt(*wheel_.Next()), timeline_.next_glance());
  if (!unsaved_.empty()) due = std::min(due, timeline_.ClockAt(rewrite_ms_));
  if (walk_) due = std::min(due, timeline_.ClockAt(walk_ms_));
  if (due != next_due_.load(std::memory_order_relaxed)) next_due_.store(due, std::memory_order_seq_cst);
}

void Shard::Advance(Time now, Reused<HeartbeatSample>& samples, Effects& effects) {
  MutexLock lock(mutex_);
  timeline_.Observe(now, timed_ > 0);
  wheel_.Advance(watches_, now_ms(), [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS { OnTimer(slot, effects); });
  if (walk_ && now_ms() >= walk_ms_) WalkSuspects(effects);
  if (!unsaved_.empty() && now_ms() >= rewrite_ms_) RewriteUnsaved();
  MoveSamples(samples);
  Settle(effects);
}

void Shard::OnTimer(Slot slot, Effects& effects) {
  const Watch& watch = At(slot);
  if (!watch.timed) return;  // its watch did without it
  if (watch.state == WatchState::kLoading) return Force(slot, EndReason::kFailed, effects);
  if (watch.state == WatchState::kClosing) return Force(slot, *watch.forced, effects);
  Reconsider(slot, effects);
}

void Shard::WalkSuspects(Effects& effects) {
  const Slot end = std::min(*walk_ + kWalkStep, watches_.size());
  for (Slot slot = *walk_; slot < end; ++slot) {
    if (At(slot).state == WatchState::kParked) Reconsider(slot, effects);
  }
  if (end == watches_.size()) {
    walk_.reset();
  } else {
    walk_ = end;
    walk_ms_ = now_ms() + kWalkEveryMs;
  }
}

// ---- Mailboxes

Mailbox* Shard::FindMailbox(const MailboxKey& mailbox) const { return mailboxes_.Find(mailbox); }

Mailbox& Shard::Enter(const MailboxKey& id) {
  Mailbox* mailbox = mailboxes_.Find(id, [this](const Mailbox& found) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!found.watchers.empty()) watches_.Prefetch(found.watchers.front());
  });
  if (mailbox == nullptr) mailbox = &mailboxes_.Emplace(id, blocks_);
  if (mailbox->loading && !mailbox->load_in_flight) {
    mailbox->load_in_flight = true;
    ++stats_.mailboxes_loading;
    outbox_.AddLoad(*mailbox);
  }
  if (!mailbox->loading) ApplySuspicion(*mailbox);
  return *mailbox;
}

// What Suspect(all) says is applied to a mailbox when it is next looked at: before anything is judged or changed in it.
void Shard::ApplySuspicion(Mailbox& mailbox) {
  if (mailbox.suspect_seen.Get() >= suspect_) return;
  mailbox.SuspectAll(suspect_);
  mailbox.suspect_seen.Set(suspect_);
  ForEachOf(mailbox.watchers, [this](Slot watcher) ABSL_NO_THREAD_SAFETY_ANALYSIS { At(watcher).resync = true; });
}

void Shard::Defer(Mailbox& mailbox, Mailbox::Deferred call) {
  MAILWAKE_CHECK(MayDefer(mailbox));
  mailbox.Extend().deferred.push_back(std::move(call));
}

void Shard::Pin(Mailbox& mailbox) {
  if (mailbox.idle) UnlinkIdle(mailbox);
}

void Shard::Unpin(Mailbox& mailbox) {
  if (mailbox.pinned()) return;
  if (mailbox.loading) {  // could not be read
    mailboxes_.Erase(mailbox);
    return;
  }
  if (mailbox.idle) UnlinkIdle(mailbox);
  LinkIdle(mailbox);
  ++unpinned_;
}

void Shard::LinkIdle(Mailbox& mailbox) {
  mailboxes_.LinkIdle(mailbox);
  context_.idle.fetch_add(1, std::memory_order_relaxed);
}

void Shard::UnlinkIdle(Mailbox& mailbox) {
  mailboxes_.UnlinkIdle(mailbox);
  context_.idle.fetch_sub(1, std::memory_order_relaxed);
}

// A mailbox with an open coalescing window gets another round, since the window is in memory only; but the limit holds: a window that is
// lost costs one wake too many, none too few.
void Shard::Evict() {
  const auto too_many = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    CountBytes();
    return context_.idle.load(std::memory_order_relaxed) > context_.options.limits.idle_mailboxes || OverBudget();
  };
  const int most = kEvictMost + std::exchange(unpinned_, 0);
  for (int looked = 0; looked < most && mailboxes_.first_idle() != nullptr && too_many(); ++looked) {
    Mailbox& mailbox = *mailboxes_.first_idle();
    UnlinkIdle(mailbox);
    if (looked < kEvictLook && WindowOpen(mailbox)) {
      LinkIdle(mailbox);
    } else {
      mailboxes_.Erase(mailbox);
    }
  }
}

bool Shard::WindowOpen(const Mailbox& mailbox) const {
  for (DeviceNumber number = 0; number < mailbox.device_count(); ++number) {
    for (std::size_t item_class = 0; item_class < kItemClasses; ++item_class) {
      if (mailbox.device(number).woken_ms(item_class) + context_.options.coalesce[item_class].count() > now_ms()) return true;
    }
  }
  return false;
}

void Shard::AgeOut(Time before) {
  MutexLock lock(mutex_);
  mailboxes_.ForEach([before](Mailbox& mailbox) {
    for (DeviceNumber number = 0; number < mailbox.device_count(); ++number) {
      Device& device = mailbox.device(number);
      if (!device.known || SeenAt(device) >= before || device.watches[0] != kNoSlot || device.watches[1] != kNoSlot) continue;
      device.known = false;
      --mailbox.known_devices;
      mailbox.ForgetCursors(number);
      device.hierarchy_cursor.reset();
      device.heartbeat_s.reset();
      device.folders.Clear();
      device.told_folders.Clear();
      device.told = {};
    }
  });
}

// ---- Versions and writes

bool Shard::ReserveVersions(std::size_t count, Effects& effects) {
  if (block_.size() >= count) return true;
  effects.raise = true;
  const auto block = context_.versions.Take(std::max<Version>(VersionCounter::kBlock, count));
  const auto fewer = block ? block : context_.versions.Take(count);
  if (!fewer) return false;
  block_ = *fewer;
  return true;
}

VersionBlock Shard::TakeVersions(std::size_t count, Effects& effects) {
  if (!ReserveVersions(count, effects)) return {};
  const VersionBlock taken{block_.first, block_.first + count};
  block_.first = taken.end;
  last_version_ = taken.end - 1;
  return taken;
}

Version Shard::NextVersion(Effects& effects) {
  if (!ReserveVersions(1, effects)) return 0;
  last_version_ = block_.first;
  return block_.first++;
}

MailboxWrite& Shard::Write(Mailbox& mailbox) {
  Pin(mailbox);
  return outbox_.Add(mailbox);
}

// ---- The way of a watch

void Shard::Link(Slot slot, Watch::List list) {
  Watch& watch = At(slot);
  watch.list = list;
  ListOf(watch).PushBack(slot, Siblings());
  if (list != Watch::List::kWatchers) return;
  ++watch.mailbox->watching;
  watch.mailbox->device(watch.device).watch(watch.kind) = slot;
  JoinCrowd(slot);
}

void Shard::JoinCrowd(Slot slot) {
  const Watch& watch = At(slot);
  Mailbox& mailbox = *watch.mailbox;
  const auto join = [&](Slot each) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    mailbox.crowd()->Add(each, At(each).generation, At(each).folders, mailbox.watching, IsWatching());
  };
  if (mailbox.crowd() != nullptr) return join(slot);
  if (mailbox.watching <= Crowd::kMany) return;
  mailbox.Extend().crowd = std::make_unique<Crowd>();
  ForEachOf(mailbox.watchers, join);
}

void Shard::Delist(Slot slot) {
  Watch& watch = At(slot);
  if (watch.list == Watch::List::kNone) return;
  ListOf(watch).Remove(slot, Siblings());
  if (watch.list == Watch::List::kWatchers) {
    --watch.mailbox->watching;
    watch.mailbox->device(watch.device).watch(watch.kind) = kNoSlot;
    if (watch.mailbox->watching < Crowd::kFew && watch.mailbox->crowd() != nullptr) watch.mailbox->rare->crowd.reset();
  }
  watch.list = Watch::List::kNone;
}

void Shard::Unlink(Slot slot) {
  Watch& watch = At(slot);
  if (watch.counted) {
    watch.counted = false;
    context_.held.fetch_sub(1, std::memory_order_relaxed);
    --stats_.pings_held;
  }
  Delist(slot);
}

void Shard::Park(Slot slot, std::int64_t due_ms) {
  Watch& watch = At(slot);
  timed_ += !watch.timed;
  watch.timed = true;
  if (Planted(Plant::kTimerLate) && !watch.draining) due_ms += 2'000;
  if (watch.timer.scheduled() && watch.timer.due.ms() <= due_ms) return wheel_.Postpone(watches_, slot, due_ms);
  wheel_.Cancel(watches_, slot);
  wheel_.Schedule(watches_, slot, due_ms);
}

void Shard::MarkReady(Slot slot, Effects& effects) {
  Watch& watch = At(slot);
  if (watch.state == WatchState::kReady) return;
  timed_ -= watch.timed;
  watch.timed = false;
  watch.state = WatchState::kReady;
  ready_[watch.loop].Push(slot, Nexts());
  effects.loops |= std::uint32_t{1} << watch.loop;
}

void Shard::Force(Slot slot, EndReason reason, Effects& effects) {
  At(slot).forced = reason;
  Unlink(slot);
  MarkReady(slot, effects);
}

void Shard::Reconsider(Slot slot, Effects& effects) {
  Watch& watch = At(slot);
  if (watch.state == WatchState::kReady && watch.resync && !watch.forced) {
    // A sync may have covered the suspicion; what comes after it is a change like others.
    const Verdict verdict = Judge(context_.options, watch, now_ms(), behind_);
    watch.resync = verdict.ends || verdict.wait != Verdict::Wait::kNoChange;
  }
  if (watch.state != WatchState::kParked) return;  // ready: judged when it is delivered
  ApplySuspicion(*watch.mailbox);
  const Verdict verdict = Judge(context_.options, watch, now_ms(), behind_);
  if (verdict.ends) return MarkReady(slot, effects);
  Wait(slot, verdict);
}

void Shard::Wait(Slot slot, const Verdict& verdict) {
  Watch& watch = At(slot);
  watch.state = WatchState::kParked;
  if (verdict.wait == Verdict::Wait::kNoChange) watch.resync = false;  // the device has caught up
  if (verdict.wait == Verdict::Wait::kPaced && watch.timer.due.ms() != verdict.due_ms) ++stats_.wakes_paced;
  Park(slot, verdict.due_ms);
}

void Shard::ReconsiderAll(Mailbox& mailbox, Effects& effects) {
  ForEachOf(mailbox.watchers, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS { Reconsider(slot, effects); });
}

}  // namespace mailwake
