// SPDX-License-Identifier: Apache-2.0
//
// The seed's choices: which world, which mailbox, what to do there.

#include "tests/index/index_player.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "mailwake/adapters/memory_store.h"
#include "tests/index/counted_store.h"

namespace mailwake::testing {
namespace {

constexpr std::size_t kCrowd = 330;  // devices; more than may wait in one mailbox
constexpr int kMostTold = 2;         // wakes that a device leaves without a sync: it is never paced
constexpr int kMostRivals = 3;       // and takes its own place so often in a row: it is never slowed

bool IsCrowd(const MailboxModel& box) { return box.devices.size() >= kVeryMany; }

Options OptionsOf(std::uint64_t seed, bool narrow) {
  Options options;
  options.seed = seed;
  options.shards = narrow ? 1 : std::size_t{1} << (seed % 3 * 2);
  options.age_out = std::chrono::hours(24 * 365);
  options.limits.idle_mailboxes = narrow ? seed / 8 % 2 : 1 + seed % 4 * 3;
  options.limits.pings_per_mailbox = seed % 3 == 0 ? 120 : 300;
  options.limits.folders_per_mailbox = 150;
  options.limits.trace = 16;
  return options;
}

}  // namespace

IndexPlayer::IndexPlayer(std::uint64_t seed, Situations& situations)
    : seed_(seed), narrow_(seed % 4 == 0), situations_(situations), random_(seed), options_(OptionsOf(seed, narrow_)) {
  MakeMailboxes();
  const auto read = [this](const std::string& mailbox) { WasRead(mailbox); };
  store_ = std::make_unique<CountedStore>(NewMemoryStore(), read, situations_[Situation::kFolderMadeRoom]);
  absl::StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(options_, *store_);
  if (!engine.ok()) {
    Fail(nullptr, absl::StrCat("no engine: ", engine.status().ToString()));
    return;
  }
  engine_ = *std::move(engine);
  engine_->advance(now_);
}

IndexPlayer::~IndexPlayer() = default;

void IndexPlayer::MakeMailboxes() {
  const auto add = [this](std::size_t folders, std::size_t devices) {
    std::string id = absl::StrCat("mailbox-", mailboxes_.size(), "@example.org");
    mailboxes_.push_back(std::make_unique<MailboxModel>(std::move(id), folders, devices));
  };
  small_ = narrow_ ? 4 : 120;
  middle_ = narrow_ ? 1 : 12;
  const std::size_t crowds = narrow_ ? seed_ / 4 % 2 : 4;
  for (std::size_t i = 0; i < small_; ++i) add(Chance(80) ? 1 + Below(8) : 64 + Below(40), 1 + Below(5));
  for (std::size_t i = 0; i < middle_; ++i) add(Chance(50) ? 3 + Below(20) : 64 + Below(40), 8 + Below(60));
  for (std::size_t i = 0; i < crowds; ++i) add(i > 1 ? 40 : 64 + Below(60), kCrowd);
}

MailboxModel& IndexPlayer::AnyMailbox() {
  const unsigned roll = Below(100);
  const std::size_t crowds = mailboxes_.size() - small_ - middle_;
  if (roll < 30 && crowds > 0) return *mailboxes_[small_ + middle_ + Below(crowds)];
  return *mailboxes_[roll < 55 ? small_ + Below(middle_) : Below(small_)];
}

// In a crowd, most PINGs watch folder 0, which therefore seldom changes.
Number IndexPlayer::AnyFolder(const MailboxModel& box) {
  if (!IsCrowd(box)) return static_cast<Number>(Below(box.folders));
  return static_cast<Number>(Below(80) == 0 ? 0 : 1 + Below(box.folders - 1));
}

IndexPlayer::Folders IndexPlayer::AnyFolders(const MailboxModel& box) {
  const unsigned roll = Below(1000);
  Folders folders;
  const bool crowd = IsCrowd(box);
  if (roll >= (crowd ? 997u : 980u)) {
    for (std::size_t folder = 0; folder < box.folders; ++folder) folders.push_back(static_cast<Number>(folder));
    return folders;
  }
  if (crowd && Chance(60)) folders.push_back(0);
  const std::size_t wanted = roll < (crowd ? 970u : 900u) ? 1 + Below(crowd ? 2 : 3) : 4 + Below(12);
  for (std::size_t tries = 0; tries < wanted || folders.empty(); ++tries) {
    const Number folder = AnyFolder(box);
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  }
  return folders;
}

void IndexPlayer::Step() {
  if (!due_.empty() && Chance(60)) return StepWhileLate();
  const unsigned roll = Below(100);
  if (roll < 8) {
    const unsigned kind = Below(100);
    Advance(Duration(kind < 2 ? 4000 : 1 + Below(kind < 5 ? 4000 : kind < 15 ? 1000 : 100)));
  } else if (roll < 9) {
    ChangeSeveral();
  } else {
    StepIn(AnyMailbox());
  }
}

// An end has been decided, and the loop that would tell of it is late: what else can become of that PING?
void IndexPlayer::StepWhileLate() {
  const PingModel& ping = *due_[Below(due_.size())];
  if (!ping.held || ping.folders.empty()) return;
  MailboxModel& box = *ping.mailbox;
  const DeviceIndex device = ping.device;
  const unsigned roll = Below(10);
  if (roll < 5) return SyncWhole(box, device, box.BehindIn(device, ping.folders));
  if (roll < 7) return HoldThat(box, device, ping.kind);
  if (roll < 9) return CancelDecided();
  Publish({{&box, ping.folders[0], device}});
}

// The number of PINGs goes up and down, and now and then to nothing: not for long where there are hundreds of devices, since each operation
// would read them all again.
void IndexPlayer::Steer(MailboxModel& box) {
  const std::size_t waits = box.waiting.size();
  const bool empty_crowd = IsCrowd(box) && waits == 0;
  if (box.patience-- > 0 && !(empty_crowd && box.target == 0)) return;
  if (waits > kVeryMany && Chance(30)) Publish({{&box, 0, kNobody}});
  const std::size_t most = std::min(box.devices.size() + (box.devices.size() + 7) / 8, options_.limits.pings_per_mailbox);
  const std::size_t targets[] = {0, 1 + Below(kFew), 1 + Below(most), most};
  box.target = targets[empty_crowd ? 1 + Below(3) : Below(4)];
  const std::size_t way = box.target > waits ? box.target - waits : waits - box.target;
  box.patience = 3 * way + (IsCrowd(box) ? box.target : 10 + Below(100));
}

void IndexPlayer::StepIn(MailboxModel& box) {
  Steer(box);
  const std::size_t waits = box.waiting.size();
  const bool growing = waits < box.target;
  const std::pair<unsigned, void (IndexPlayer::*)(MailboxModel&)> choices[] = {
      {growing ? 600 : 80, &IndexPlayer::HoldOne},
      {waits > box.target ? 400 : 20, &IndexPlayer::LetGo},
      {growing && IsCrowd(box) ? 30 : 180, &IndexPlayer::ChangeOne},
      {growing ? 60 : 160, &IndexPlayer::SyncOne},
      {20, &IndexPlayer::ResetOne},
      {50, &IndexPlayer::CancelEnded},
      {IsCrowd(box) ? 0 : 2, &IndexPlayer::EndMailbox},
      {box.target == 0 && waits > 0 ? 5 : 0, &IndexPlayer::EndMailbox},
  };
  unsigned all = 0;
  for (const auto& [weight, step] : choices) all += weight;
  unsigned roll = Below(all);
  for (const auto& [weight, step] : choices) {
    if (roll < weight) return (this->*step)(box);
    roll -= weight;
  }
}

void IndexPlayer::HoldOne(MailboxModel& box) {
  const PingKind kind = Chance(85) ? PingKind::kPing : PingKind::kSync;
  DeviceIndex device = AnyDevice(box);
  const bool new_one = Chance(95);
  for (int tries = 0; tries < 4 && new_one; ++tries) {
    if (box.devices[static_cast<std::size_t>(device)].waiting(kind) == nullptr) break;
    device = AnyDevice(box);
  }
  HoldThat(box, device, kind);
}

void IndexPlayer::HoldThat(MailboxModel& box, DeviceIndex device, PingKind kind) {
  DeviceModel& holder = box.devices[static_cast<std::size_t>(device)];
  if (PingModel* older = holder.waiting(kind); older != nullptr) {
    const bool forgotten = now_ - holder.rival_time >= std::chrono::seconds(15);  // the engine's memory is 10 s
    if (!forgotten && holder.rivals >= kMostRivals) return Cancel(*older);
  }
  Asked asked;
  const bool remembers = kind == PingKind::kPing && !holder.remembered.empty();
  if (remembers ? Chance(50) : Chance(97)) asked.folders = AnyFolders(box);
  if (!remembers || Chance(80)) asked.heartbeat = std::chrono::seconds(60 + Below(Chance(30) ? 60 : Chance(80) ? 1500 : 3480));
  const Folders& watched = asked.folders ? *asked.folders : holder.remembered;
  Folders behind = box.BehindIn(device, watched);
  const bool would_be_paced = holder.told + holder.others(kind) > kMostTold;
  if (would_be_paced && behind.empty()) {
    for (std::size_t folder = 0; folder < box.folders && behind.empty(); ++folder) {
      if (box.EverChanged(static_cast<Number>(folder))) behind.push_back(static_cast<Number>(folder));
    }
  }
  if (would_be_paced || (!behind.empty() && Chance(80))) SyncWhole(box, device, behind);
  if (holder.told + holder.others(kind) > kMostTold) return;
  Hold(box, device, kind, asked);
}

void IndexPlayer::LetGo(MailboxModel& box) {
  if (box.waiting.empty()) return;
  PingModel& ping = *box.waiting[Below(box.waiting.size())];
  if (Chance(10)) return EndDevice(box, ping.device);
  Cancel(ping);
}

void IndexPlayer::ChangeOne(MailboxModel& box) {
  Happened change{&box, AnyFolder(box), Chance(50) ? kNobody : AnyDevice(box)};
  if (!box.waiting.empty() && Chance(20)) {  // its own, surely
    const PingModel& ping = *box.waiting[Below(box.waiting.size())];
    const Number folder = ping.folders[Below(ping.folders.size())];
    if (folder != 0 || !IsCrowd(box)) change = {&box, folder, ping.device};
  }
  Publish({change});
}

void IndexPlayer::ChangeSeveral() {
  std::vector<Happened> changes(2 + Below(5));
  MailboxModel* box = &AnyMailbox();
  for (Happened& change : changes) {
    change = {box, AnyFolder(*box), Chance(60) ? kNobody : AnyDevice(*box)};
    if (Chance(70)) box = &AnyMailbox();
  }
  Publish(changes);
}

IndexPlayer::Folders IndexPlayer::FoldersToSync(const MailboxModel& box, DeviceIndex device) {
  const DeviceModel& syncing = box.devices[static_cast<std::size_t>(device)];
  Folders of = syncing.remembered;
  for (const PingModel* ping : syncing.waits) {
    if (ping != nullptr) of.insert(of.end(), ping->folders.begin(), ping->folders.end());
  }
  const unsigned roll = Below(100);
  if (roll >= 85 || of.empty()) return AnyFolders(box);
  if (roll >= 70) {
    of.resize(Below(of.size() + 1));
    return of;
  }
  Folders behind = box.BehindIn(device, of);
  return behind.empty() ? of : behind;
}

// A sync takes its time: something may happen in the meantime.
void IndexPlayer::SyncWhole(MailboxModel& box, DeviceIndex device, const Folders& folders) {
  const Ticket ticket = BeginSync(box, device);
  if (Below(IsCrowd(box) ? 100 : 20) == 0) ChangeOne(box);
  EndSync(box, device, ticket, folders);
}

void IndexPlayer::SyncOne(MailboxModel& box) {
  DeviceIndex device = AnyDevice(box);
  if (!box.waiting.empty() && Chance(40)) device = box.waiting[Below(box.waiting.size())]->device;
  DeviceModel& syncing = box.devices[static_cast<std::size_t>(device)];
  const unsigned roll = Below(100);
  if (syncing.ticket && roll < 40) {  // of long ago, and others may have ended since
    EndSync(box, device, *syncing.ticket, FoldersToSync(box, device));
    if (Chance(80)) syncing.ticket.reset();  // else it is given once more
  } else if (!syncing.ticket && roll < 20) {
    syncing.ticket = BeginSync(box, device);
  } else {
    SyncWhole(box, device, FoldersToSync(box, device));
  }
}

void IndexPlayer::ResetOne(MailboxModel& box) {
  if (box.waiting.empty() || Chance(30)) return ResetCursor(box, AnyDevice(box), AnyFolder(box));
  const PingModel& ping = *box.waiting[Below(box.waiting.size())];
  ResetCursor(box, ping.device, ping.folders[Below(ping.folders.size())]);
}

void IndexPlayer::CancelEnded(MailboxModel& box) { CancelStale(box, box.ended[Below(box.ended.size())]); }

void IndexPlayer::CancelDecided() {
  PingModel& ping = *due_[Below(due_.size())];
  if (ping.held) Cancel(ping);
}

void IndexPlayer::Finish() {
  finished_at_ = operations_;
  for (const auto& box : mailboxes_) EndMailbox(*box);
  Advance(Duration(1));
  if (!failed()) CheckAll();
  if (!failed() && engine_->stats().pings_held != 0) Fail(nullptr, "PINGs are held though all mailboxes were ended");
}

}  // namespace mailwake::testing
