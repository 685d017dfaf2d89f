// SPDX-License-Identifier: Apache-2.0
//
// Holding a PING: what it asks for, whether there is room, whose place it takes.

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/src/check.h"
#include "engine/src/plant.h"
#include "engine/src/records.h"
#include "engine/src/shard.h"

namespace mailwake {
namespace {

// Heartbeats end on a coarse grid, so that one call ends many.
constexpr std::int64_t kGridMs = 500;
// Two clients with one device id: supersedes in quick succession that are free, answers held back at once, the longest delay.
constexpr std::uint8_t kFreeSupersedes = 3;
constexpr std::uint8_t kMostDelayed = 8;
constexpr std::int64_t kQuickMs = 10'000;
constexpr std::int64_t kMostRivalryMs = 60'000;

std::int64_t RivalryDelayMs(std::uint8_t count) {
  if (count <= kFreeSupersedes) return 0;
  return std::min<std::int64_t>(1'000LL << std::min(count - kFreeSupersedes - 1, 10), kMostRivalryMs);
}

// A request whose strings live as long as it does, for a PING that waits for its mailbox.
struct OwnedRequest {
  explicit OwnedRequest(const PingRequest& from) : mailbox(from.mailbox), device(from.device), network(from.network), request(from) {
    request.mailbox = mailbox;
    request.device = device;
    request.network = network;
    if (!request.folders) return;
    ids.reserve(request.folders->size());
    for (WatchedFolder& folder : *request.folders) folder.id = ids.emplace_back(folder.id);
  }

  std::string mailbox, device, network;
  std::vector<std::string> ids;
  PingRequest request;
};

bool ValidIds(const PingRequest& request) {
  if (request.mailbox.empty() || request.mailbox.size() > kMaxMailboxBytes) return false;
  if (request.device.empty() || request.device.size() > kMaxDeviceBytes) return false;
  if (!request.folders) return true;
  return std::all_of(request.folders->begin(), request.folders->end(), [](const WatchedFolder& folder) {
    return !folder.id.empty() && folder.id.size() <= kMaxIdBytes && static_cast<std::size_t>(folder.item_class) < kItemClasses;
  });
}

}  // namespace

struct Shard::Terms {
  std::chrono::seconds heartbeat{0};
  Refusal refusal = Refusal::kNone;
  std::int64_t bound = 0;

  bool Refuse(Refusal why, std::int64_t limit = 0) {
    refusal = why;
    bound = limit;
    return false;
  }
};

PingId Shard::Hold(const MailboxKey& mailbox_id, const PingRequest& request, EndCallback done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  ++stats_.holds;
  const Slot slot = watches_.Allocate();
  Watch& watch = At(slot);
  watch.state = WatchState::kLoading;
  watch.kind = request.kind;
  watch.loop = request.loop < kMaxLoops ? request.loop : 0;
  watch.since = PackedTime(now_ms());
  watch.done = std::move(done);
  const PingId id = IdOf(slot);

  Terms terms;
  const auto heartbeat = request.heartbeat.value_or(context_.options.heartbeat_max);
  if (!ValidIds(request)) {
    terms.Refuse(Refusal::kInvalid);
    Refuse(slot, request, terms, effects);
  } else if (!InRange(heartbeat, request.folders ? request.folders->size() : 0, terms)) {
    Refuse(slot, request, terms, effects);  // whatever was remembered
  } else if (context_.draining.load(std::memory_order_relaxed)) {
    watch.Extend().who = {std::string(request.mailbox), std::string(request.device)};
    Force(slot, EndReason::kDrained, effects);
  } else {
    Mailbox& mailbox = Enter(mailbox_id);
    Pin(mailbox);
    watch.mailbox = &mailbox;
    ++mailbox.watches;
    if (!mailbox.loading) {
      Admit(slot, request, effects);
    } else {
      watch.Extend().who = {std::string(request.mailbox), std::string(request.device)};
      const bool counted = Count(slot, WaitsAlready(mailbox, request));
      if (!counted) terms.Refuse(Refusal::kServerFull, static_cast<std::int64_t>(context_.options.limits.pings));
      if (counted && MayDefer(mailbox)) {
        Defer(mailbox, [this, slot, generation = watch.generation, owned = std::make_unique<OwnedRequest>(request)](
                           const absl::Status& loaded, Mailbox&, Effects& later) ABSL_NO_THREAD_SAFETY_ANALYSIS {
          Watch* waiting = watches_.Find(slot, generation);
          if (waiting == nullptr || waiting->state != WatchState::kLoading) return;
          if (!loaded.ok()) return Force(slot, EndReason::kFailed, later);
          Admit(slot, owned->request, later);
        });
        Link(slot, Watch::List::kAside);
        Park(slot, now_ms() + Duration(heartbeat).count());
      } else {
        if (counted) terms.Refuse(Refusal::kMailboxFull, static_cast<std::int64_t>(context_.options.limits.deferred_per_mailbox));
        Refuse(slot, request, terms, effects);
      }
    }
  }
  Settle(effects);
  return id;
}

// REQUIRES: the mailbox has been read. Everything that can refuse comes before anything that changes.
void Shard::Admit(Slot slot, const PingRequest& request, Effects& effects) {
  Watch& watch = At(slot);
  Mailbox& mailbox = *watch.mailbox;
  Delist(slot);
  const DeviceNumber known = mailbox.FindDevice(request.device);
  Device* device = known == kNoDevice ? nullptr : &mailbox.device(known);
  Terms terms;
  if (!Settled(request, device, terms) || !HasRoom(mailbox, request, device, slot, terms)) return Refuse(slot, request, terms, effects);

  if (device != nullptr && device->watch(request.kind) != kNoSlot) Supersede(device->watch(request.kind), effects);
  watch.device = mailbox.InternDevice(request.device, mailbox.device_count() + 1);
  device = &mailbox.device(watch.device);
  watch.rare.reset();
  watch.deadline = PackedTime((watch.since.ms() + Duration(terms.heartbeat).count() + kGridMs - 1) / kGridMs * kGridMs);
  if (request.kind == PingKind::kPing && device->named() != nullptr &&
      (device->named()->delivered || Planted(Plant::kAcknowledgeUnheard))) {
    AcknowledgeNamed(mailbox, *device);
  }
  Fit(watch, request, mailbox);
  Remember(mailbox, watch.device, watch, terms.heartbeat);
  if (samples_.size() < std::max<std::size_t>(context_.options.heartbeat_window, 1)) {
    HeartbeatSample& sample = samples_.Next();
    sample.kind = request.kind;
    sample.at_ms = now_ms();
    sample.heartbeat = terms.heartbeat;
    sample.device = std::uint64_t{mailbox.tag} << 32 | IdHash(request.device);
    sample.network = request.network;
  }
  bool behind = false;
  if (Planted(Plant::kCompareBeforeArming)) {  // and something happens between the two
    behind = Judge(context_.options, watch, now_ms(), behind_).ends;
    mutex_.unlock();
    PlantedYield(mailbox.id());
    mutex_.lock();
  }
  Link(slot, Watch::List::kWatchers);
  watch.state = WatchState::kParked;
  if (Planted(Plant::kCompareBeforeArming)) return behind ? MarkReady(slot, effects) : Park(slot, watch.deadline.ms());
  Reconsider(slot, effects);
}

// What the PING asks for, with what was remembered for what it leaves out.
bool Shard::Settled(const PingRequest& request, const Device* device, Terms& terms) const {
  const bool remembers = request.kind == PingKind::kPing && device != nullptr;
  std::optional<std::chrono::seconds> heartbeat = request.heartbeat;
  if (!heartbeat && remembers && device->heartbeat_s) heartbeat = std::chrono::seconds(*device->heartbeat_s);
  std::size_t folders = 0;
  if (request.folders) {
    folders = request.folders->size();
  } else if (remembers) {
    folders = device->folders.size();
  }
  if (!heartbeat || folders == 0) return terms.Refuse(Refusal::kMissingParameters);
  terms.heartbeat = *heartbeat;
  return InRange(*heartbeat, folders, terms);
}

bool Shard::InRange(std::chrono::seconds heartbeat, std::size_t folders, Terms& terms) const {
  const Options& options = context_.options;
  if (heartbeat < options.heartbeat_min) return terms.Refuse(Refusal::kHeartbeatTooShort, options.heartbeat_min.count());
  if (heartbeat > options.heartbeat_max) return terms.Refuse(Refusal::kHeartbeatTooLong, options.heartbeat_max.count());
  const std::size_t most = options.limits.folders_per_ping;
  if (folders > most) return terms.Refuse(Refusal::kTooManyFolders, static_cast<std::int64_t>(most));
  return true;
}

bool Shard::HasRoom(Mailbox& mailbox, const PingRequest& request, const Device* device, Slot slot, Terms& terms) {
  const Limits& limits = context_.options.limits;
  const std::size_t fresh = request.folders ? Look(mailbox, *request.folders, device) : 0;
  const auto full = [&terms](std::size_t limit) { return terms.Refuse(Refusal::kMailboxFull, static_cast<std::int64_t>(limit)); };
  if (fresh > 0 && !mailbox.declared) {
    if (!HasFolderRoom(mailbox, fresh, found_)) return full(limits.folders_per_mailbox);
  }
  if ((device == nullptr || !device->known) && mailbox.known_devices >= limits.devices_per_mailbox) return full(limits.devices_per_mailbox);
  const bool replaces = device != nullptr && device->watch(request.kind) != kNoSlot;
  const bool crowded = mailbox.watching - (replaces ? 1 : 0) >= limits.pings_per_mailbox;
  if (crowded && !Planted(Plant::kNoLimit)) return full(limits.pings_per_mailbox);
  if (!Count(slot, replaces) || (!replaces && InReserve(device))) {
    return terms.Refuse(Refusal::kServerFull, static_cast<std::int64_t>(limits.pings));
  }
  return true;
}

// It has a place, but one of the last, which are for others: those from 90 % on for devices that heed their wakes, those from 95 % on for
// devices that are known too.
bool Shard::InReserve(const Device* device) const {
  const std::size_t pings = context_.options.limits.pings;
  std::size_t reserved = 0;
  if (device == nullptr || !device->known) {
    reserved = pings / 20;
  } else if (device->repeats >= kFreeRepeats) {
    reserved = pings / 10;
  }
  return reserved > 0 && context_.held.load(std::memory_order_relaxed) > pings - reserved;
}

// Which folders those are, in `found_`; how many of them are new. Most devices name the same ones each time, in the same order.
std::size_t Shard::Look(const Mailbox& mailbox, const std::vector<WatchedFolder>& folders, const Device* device) {
  static const FolderSet kNone;
  const FolderSet& remembered = device == nullptr ? kNone : device->folders;
  std::size_t fresh = 0;
  FolderNumber next = remembered.Next(0);
  found_.resize(folders.size());
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const FolderNumber number = mailbox.FindFolder(folders[i].id, next);
    found_[i] = number;
    fresh += number == kNoFolder;
    next = remembered.Next(number + 1);
  }
  return fresh;
}

bool Shard::WaitsAlready(const Mailbox& mailbox, const PingRequest& request) const {
  bool waits = false;
  ForEachOf(mailbox.aside, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const Watch& watch = watches_[slot];
    waits |= watch.state == WatchState::kLoading && watch.kind == request.kind && watch.who()->device == request.device;
  });
  return waits;
}

bool Shard::Count(Slot slot, bool replaces) {
  Watch& watch = At(slot);
  if (watch.counted) return true;
  const std::size_t limit = (Planted(Plant::kNoLimit) ? 1'000'000 : context_.options.limits.pings) + (replaces ? 1 : 0);
  if ((!replaces && OverBudget()) || context_.held.load(std::memory_order_relaxed) >= limit) return false;
  if (context_.held.fetch_add(1, std::memory_order_relaxed) >= limit) {
    context_.held.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  watch.counted = true;
  ++stats_.pings_held;
  return true;
}

void Shard::Refuse(Slot slot, const PingRequest& request, const Terms& terms, Effects& effects) {
  Watch& watch = At(slot);
  Watch::Rare& rare = watch.Extend();
  rare.refusal = terms.refusal;
  rare.bound = static_cast<std::uint32_t>(terms.bound);
  if (terms.refusal == Refusal::kMailboxFull || terms.refusal == Refusal::kServerFull) rare.retry_after_s = RetryAfter();
  rare.who = {std::string(request.mailbox.substr(0, kMaxMailboxBytes)), std::string(request.device.substr(0, kMaxDeviceBytes))};
  Force(slot, EndReason::kRefused, effects);
}

std::uint32_t Shard::RetryAfter() {
  if (Planted(Plant::kRetryAtOnce)) return 0;
  const auto base = static_cast<std::uint64_t>(context_.options.retry_after.count());
  return static_cast<std::uint32_t>(base + random_() % (base + 1));
}

// The folders that the PING watches, and whether they fit the mailbox's list and classes.
void Shard::Fit(Watch& watch, const PingRequest& request, Mailbox& mailbox) {
  watch.folders.Clear();
  if (!request.folders) {
    mailbox.device(watch.device).folders.ForEach([&](FolderNumber remembered) {
      FolderNumber number = remembered;
      if (!mailbox.folder(remembered).alive()) number = mailbox.FindFolder(mailbox.FolderId(remembered));  // it may have come again
      const bool fits = number != kNoFolder && (!mailbox.declared || mailbox.declaration(number) != nullptr) &&
                        mailbox.folder(number).item_class() == mailbox.folder(remembered).item_class();
      if (fits) {
        watch.folders.Add(number);
      } else {
        watch.misfit = true;
      }
    });
    return;
  }
  for (std::size_t i = 0; i < request.folders->size(); ++i) {
    const WatchedFolder& named = (*request.folders)[i];
    FolderNumber number = found_[i] != kNoFolder ? found_[i] : mailbox.FindFolder(named.id);  // it may be named twice
    if (number == kNoFolder || (mailbox.declared && mailbox.declaration(number) == nullptr)) {
      if (mailbox.declared) {
        watch.misfit = true;
        continue;
      }
      if (number == kNoFolder) number = CreateFolder(mailbox, named.id, named.item_class);
    }
    Folder& folder = mailbox.folder(number);
    if (!folder.has_class()) folder.set_class(named.item_class);
    if (folder.has_class(named.item_class) || Planted(Plant::kIgnoreClass)) {
      watch.folders.Add(number);
    } else {
      watch.misfit = true;
    }
  }
}

// Keeps what an accepted PING asked, for PINGs that leave it out. A PING that does not fit the folder list leaves the folders as they were.
void Shard::Remember(Mailbox& mailbox, DeviceNumber number, const Watch& watch, std::chrono::seconds heartbeat) {
  Device& device = mailbox.device(number);
  bool changed = SeenNow(mailbox, device);
  if (!device.hierarchy_cursor) {
    device.hierarchy_cursor = mailbox.hierarchy.Get();  // a device without one has the present folder list
    changed = true;
  }
  if (watch.kind == PingKind::kPing) {
    const Maybe<std::uint32_t> asked(static_cast<std::uint32_t>(heartbeat.count()));
    changed |= device.heartbeat_s != asked;
    device.heartbeat_s = asked;
    if (!watch.misfit && !(device.folders == watch.folders)) {
      if (!Planted(Plant::kForgetRemembered)) device.folders.Assign(watch.folders);
      changed = true;
    }
  }
  if (changed) AddDevice(mailbox, device, Write(mailbox));
}

// The older PING ends; if PINGs of this device keep taking each other's place, its answer is held back, longer each time.
void Shard::Supersede(Slot older, Effects& effects) {
  Watch& watch = At(older);
  Device::Rivalry& rivalry = watch.mailbox->device(watch.device).rivalry;
  const std::int64_t quick_ms = kQuickMs + 2 * RivalryDelayMs(rivalry.count);
  const bool quick = rivalry.count > 0 && now_ms() - rivalry.last.ms() < quick_ms;
  rivalry.count = quick ? std::min<std::uint8_t>(rivalry.count + 1, 100) : 1;
  rivalry.last = PackedTime(now_ms());
  const std::int64_t delay_ms = RivalryDelayMs(rivalry.count);
  if (delay_ms == 0 || rivalry.delayed >= kMostDelayed || watch.state == WatchState::kReady) {
    return Force(older, EndReason::kSuperseded, effects);
  }
  watch.forced = EndReason::kSuperseded;
  Unlink(older);
  Link(older, Watch::List::kAside);
  watch.state = WatchState::kClosing;
  watch.delayed = true;
  ++rivalry.delayed;
  Park(older, std::min(now_ms() + delay_ms, std::max(watch.deadline.ms(), now_ms())));
}

}  // namespace mailwake
