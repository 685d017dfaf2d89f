// SPDX-License-Identifier: Apache-2.0
//
// The seed's choices, the steps, and the operations of devices.

#include "tests/support/engine_model_player.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace mailwake::testing {
namespace {

constexpr std::size_t kHistory = 40;
const std::vector<std::string> kFolders = {"inbox", "sent", "spam", "cal", "con", "task", "note"};

std::string Text(const WatchList& folders) {
  return absl::StrJoin(folders, " ", [](std::string* out, const auto& folder) {
    absl::StrAppend(out, folder.first.substr(0, 12), ":", std::string(Name(folder.second)));
  });
}

}  // namespace

PlayerSetup SetupOf(std::uint64_t seed) {
  std::mt19937_64 random(seed * 7919 + 1);
  auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  PlayerSetup setup;
  setup.mailboxes = 1 + random() % 4;
  setup.devices = 1 + random() % 4;
  setup.forgetful = chance(40);
  setup.tight = chance(30);
  setup.slow_store = chance(60);
  setup.failing_store = setup.slow_store && chance(50);
  setup.clock_jumps = chance(40);
  setup.host_versions = chance(50);
  setup.two_loops = chance(30);
  setup.nested = !setup.tight && chance(40);
  Options& options = setup.options;
  options.seed = seed;
  options.shards = std::size_t{1} << (random() % 7);
  options.heartbeat_min = std::chrono::seconds(1 + random() % 60);
  options.heartbeat_max = std::chrono::seconds(900);
  const Duration windows[] = {0ms, 300ms, 1s, 10s, 60s};
  for (Duration& window : options.coalesce) window = chance(50) ? windows[random() % std::size(windows)] : 0ms;
  if (chance(20)) options.wake_kinds[0] = 0xF & ~(1U << static_cast<unsigned>(ChangeKind::kFlags));
  if (setup.forgetful) options.limits.idle_mailboxes = random() % 3;
  if (setup.tight) {
    options.limits.pings_per_mailbox = 1 + random() % 3;
    options.limits.pings = 2 + random() % 5;
    options.limits.folders_per_ping = 2 + random() % 4;
    if (chance(30)) options.limits.devices_per_mailbox = 1 + random() % 3;
    if (chance(30)) options.limits.deferred_per_mailbox = 1 + random() % 4;
    options.limits.trace = 1 + random() % 4;
  }
  return setup;
}

ModelPlayer::ModelPlayer(std::uint64_t seed, Situations& situations, std::optional<std::string_view> choices)
    : setup_(SetupOf(seed)),
      random_(seed, choices),
      situations_(situations),
      world_(setup_.options),
      model_(world_, setup_.options, setup_.forgetful, situations) {
  world_.set_auto_settle(false);
  world_.set_on_end([this](const Ended& end) { OnEnd(end); });
  world_.set_on_step([this] { model_.CheckHeld(); });
  if (setup_.two_loops) loops_.push_back(world_.AddLoop());
  const Limits& limits = setup_.options.limits;
  if (setup_.tight) {
    Log(absl::StrCat("limits: pings ", limits.pings, ", a mailbox ", limits.pings_per_mailbox, ", devices ", limits.devices_per_mailbox));
  }
  for (std::size_t i = 0; i < setup_.mailboxes; ++i) {
    for (const std::string& folder : kFolders) model_.mailbox("box" + std::to_string(i)).folders[folder];
  }
}

void ModelPlayer::OnEnd(const Ended& end) {
  Log(absl::StrCat("    PING ", end.ping.number, " ended ", std::string(Name(end.reason)), " ", std::string(Name(end.refusal)), " {",
                   absl::StrJoin(end.folders, " "), "}"));
  auto found = model_.held().find(end.ping.number);
  HoldSpec next;
  if (found != model_.held().end()) next = found->second.spec;
  model_.Judge(end);
  if (!setup_.nested || restarting_ || end.reason == EndReason::kRefused || end.reason == EndReason::kSuperseded || !Chance(300)) return;
  // While the server drains, or where no idle mailbox stays in memory and none is paced, somebody could do so for ever.
  if (++nested_ > 50) return;
  if ((!next.heartbeat || !next.folders) && !Remembers(next)) return;
  ++situations_["held again inside the callback"];
  HoldNow(next);
}

void ModelPlayer::Step() {
  struct Choice {
    unsigned weight;
    void (ModelPlayer::*play)();
  };
  static const std::vector<Choice> kChoices = {
      {260, &ModelPlayer::PlayHold},      {40, &ModelPlayer::PlayCancel},          {200, &ModelPlayer::PlayPublish},
      {6, &ModelPlayer::PlayBadPublish},  {110, &ModelPlayer::PlaySync},           {40, &ModelPlayer::PlayBeginSync},
      {50, &ModelPlayer::PlayEndSync},    {4, &ModelPlayer::PlayForgedTicket},     {12, &ModelPlayer::PlayReset},
      {14, &ModelPlayer::PlaySetFolders}, {25, &ModelPlayer::PlayBeginFolderSync}, {25, &ModelPlayer::PlayEndFolderSync},
      {8, &ModelPlayer::PlaySuspect},     {8, &ModelPlayer::PlayEndMany},          {4, &ModelPlayer::PlayShed},
      {1, &ModelPlayer::PlayDrain},       {190, &ModelPlayer::PlayClock},          {12, &ModelPlayer::PlayJump},
      {60, &ModelPlayer::PlayStore},      {10, &ModelPlayer::PlayFailures},        {6, &ModelPlayer::PlayRestart},
      {20, &ModelPlayer::PlayExplain},
  };
  unsigned total = 0;
  for (const Choice& choice : kChoices) total += choice.weight;
  std::size_t at = Below(total);
  auto choice = kChoices.begin();
  for (; at >= choice->weight; ++choice) at -= choice->weight;
  ++operations_;
  nested_ = 0;
  (this->*choice->play)();
  world_.Settle();
  world_.TakeEnded();
  model_.CheckHeld();
  const bool stuck = model_.blurred() && Chance(100);
  const bool drained = drained_at_ != 0 && operations_ > drained_at_ + 15;
  if (!stuck && !drained) return;
  restarting_ = drained;
  Log(drained ? "  restart after the drain" : "  flush");
  if (drained) {
    world_.Restart();
    first_of_life_ = world_.holds();
    drained_at_ = 0;
    model_.Restarted(false);
  } else {
    world_.Flush();
    model_.Flushed();
  }
  restarting_ = false;
}

void ModelPlayer::Finish() {
  for (const PingKind kind : {PingKind::kPing, PingKind::kSync}) {
    const HeartbeatReport report = world_.engine().Heartbeats(kind);
    EXPECT_LE(report.samples, Options().heartbeat_window);
    EXPECT_LE(report.devices, report.samples);
    EXPECT_EQ(report.mean.count() > 0, report.samples > 0);
  }
  restarting_ = true;
  world_.Restart();
  model_.Restarted(false);
}

std::string ModelPlayer::History() const { return absl::StrJoin(history_, "\n"); }

void ModelPlayer::Log(std::string line) {
  static const bool kTrace = std::getenv("MAILWAKE_TRACE") != nullptr;
  line = absl::StrCat(operations_, " @", world_.now().time_since_epoch().count() % 100'000'000, " ", line);
  if (kTrace) std::cerr << line << "\n";
  history_.push_back(std::move(line));
  if (history_.size() > kHistory) history_.pop_front();
}

// ---- Choices ---------------------------------------------------------------------------------------------------------------------------

std::string ModelPlayer::Folder(const std::string& mailbox) {
  const ModelMailbox& box = model_.mailbox(mailbox);
  if (box.declared && !box.list.empty() && Chance(900)) return Pick(box.list).id;
  return Pick(kFolders);
}

std::vector<std::string> ModelPlayer::Folders(const std::string& mailbox) {
  std::vector<std::string> folders;
  const std::size_t count = 1 + Below(4);
  for (std::size_t i = 0; i < count; ++i) {
    std::string folder = Folder(mailbox);
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(std::move(folder));
  }
  return folders;
}

ItemClass ModelPlayer::ClassIn(const std::string& mailbox, const std::string& folder) const {
  const auto& folders = model_.mailbox(mailbox).folders;
  auto found = folders.find(folder);
  return found == folders.end() ? ClassOf(folder) : found->second.item_class.value_or(ClassOf(folder));
}

// The model knows what a structural change does now.
bool ModelPlayer::Calm(const std::string& mailbox) const {
  return !model_.mailbox(mailbox).blurred && !model_.Loading(mailbox) && !world_.store().failing();
}

// ---- PINGs -----------------------------------------------------------------------------------------------------------------------------

void ModelPlayer::PlayHold() {
  HoldSpec spec{.mailbox = Mailbox(), .device = Device()};
  if (Chance(150)) spec.kind = PingKind::kSync;
  if (setup_.two_loops && Chance(500)) spec.loop = loops_.back();
  spec.heartbeat = setup_.options.heartbeat_min + std::chrono::seconds(Chance(700) ? Below(20) : Below(800));
  spec.folders.emplace();
  for (const std::string& folder : Folders(spec.mailbox)) spec.folders->emplace_back(folder, ClassIn(spec.mailbox, folder));
  if (Remembers(spec)) {
    if (Chance(200)) spec.heartbeat.reset();
    if (Chance(200)) spec.folders.reset();
  }
  if (Chance(60)) MakeWrong(spec);
  HoldNow(spec);
}

// The model knows what is remembered of the device.
bool ModelPlayer::Remembers(const HoldSpec& spec) const {
  const auto& devices = model_.mailbox(spec.mailbox).devices;
  auto device = devices.find(spec.device);
  const bool unread = std::any_of(model_.held().begin(), model_.held().end(), [&](const auto& held) {
    return held.second.unread && held.second.spec.mailbox == spec.mailbox && held.second.spec.device == spec.device;
  });
  return !unread && (device == devices.end() || device->second.remembered_known);
}

void ModelPlayer::MakeWrong(HoldSpec& spec) {
  switch (Below(7)) {
    case 0:
      spec.heartbeat = setup_.options.heartbeat_min - 1s;
      return;
    case 1:
      spec.heartbeat = setup_.options.heartbeat_max + std::chrono::seconds(1 + Below(1000));
      return;
    case 2:
      if (spec.folders) spec.folders->front().second = static_cast<ItemClass>(Below(kItemClasses));
      return;
    case 3:
      spec.folders.emplace();
      for (std::size_t i = 0; i <= setup_.options.limits.folders_per_ping; ++i) {
        spec.folders->emplace_back(absl::StrCat("f", i), ItemClass::kEmail);
      }
      return;
    case 4:
      if (spec.folders) spec.folders->emplace_back(Chance(500) ? "" : std::string(kMaxIdBytes + 1, 'x'), ItemClass::kEmail);
      return;
    case 5:
      if (spec.folders) spec.folders->emplace_back(Pick(kFolders), ItemClass::kEmail);
      return;
    default:
      (Chance(500) ? spec.device : spec.mailbox).clear();
  }
}

void ModelPlayer::HoldNow(const HoldSpec& spec) {
  const Ping ping = world_.Hold(spec.request());
  Log(absl::StrCat("Hold ", ping.number, " ", spec.mailbox, " ", spec.device, spec.kind == PingKind::kSync ? " (sync) " : " ",
                   spec.heartbeat ? absl::StrCat(spec.heartbeat->count(), " s") : "remembered", " {",
                   spec.folders ? Text(*spec.folders).substr(0, 200) : "remembered", "}"));
  model_.Held(ping, spec);
}

void ModelPlayer::PlayCancel() {
  const auto& held = model_.held();
  const bool stale = held.empty() || Chance(200);
  std::size_t number = 0;
  if (stale) {
    if (world_.holds() == first_of_life_) return;
    number = first_of_life_ + Below(world_.holds() - first_of_life_);
  } else {
    number = std::next(held.begin(), static_cast<std::ptrdiff_t>(Below(held.size())))->first;
  }
  const bool won = world_.engine().Cancel(world_.id({number}));
  Log(absl::StrCat("Cancel ", number, won ? " won" : " lost"));
  model_.CancelCalled({number}, won);
}

void ModelPlayer::PlayExplain() {
  const auto& held = model_.held();
  if (held.empty()) return;
  model_.CheckExplanation(std::next(held.begin(), static_cast<std::ptrdiff_t>(Below(held.size())))->first);
}

// ---- Syncs -----------------------------------------------------------------------------------------------------------------------------

void ModelPlayer::PlaySync() {
  const std::string mailbox = Mailbox();
  const std::string device = Device();
  const OpenSync sync{world_.engine().BeginSync(mailbox, device), model_.SyncBegun()};
  std::vector<std::string> folders = Chance(500) ? kFolders : Folders(mailbox);
  EndSyncNow(sync, folders);
}

void ModelPlayer::PlayBeginSync() {
  if (syncs_.size() > 8) syncs_.erase(syncs_.begin());
  syncs_.push_back({world_.engine().BeginSync(Mailbox(), Device()), model_.SyncBegun()});
  Log(absl::StrCat("BeginSync ", std::string(syncs_.back().ticket.mailbox), " ", std::string(syncs_.back().ticket.device), " ticket ",
                   syncs_.back().ticket.version));
}

void ModelPlayer::PlayEndSync() {
  if (syncs_.empty()) return;
  const std::size_t which = Below(syncs_.size());
  const OpenSync sync = syncs_[which];
  syncs_.erase(syncs_.begin() + static_cast<std::ptrdiff_t>(which));
  if (Chance(150)) return;  // aborted: nothing moves
  EndSyncNow(sync, Folders(std::string(sync.ticket.mailbox)));
}

void ModelPlayer::EndSyncNow(const OpenSync& sync, const std::vector<std::string>& folders) {
  const AnswerPtr answer = world_.EndSync(sync.ticket, folders);
  Log(absl::StrCat("EndSync ", std::string(sync.ticket.mailbox), " ", std::string(sync.ticket.device), " ticket ", sync.ticket.version,
                   " {", absl::StrJoin(folders, " "), "}"));
  model_.SyncEnded(std::string(sync.ticket.mailbox), std::string(sync.ticket.device), sync.begun, folders, answer);
}

void ModelPlayer::PlayForgedTicket() {
  SyncTicket ticket = world_.engine().BeginSync(Mailbox(), Device());
  ticket.version += Version{1} << 40;
  const AnswerPtr answer = world_.EndSync(ticket, {"inbox"});
  EXPECT_TRUE(answer->answered() && absl::IsInvalidArgument(answer->status)) << "a ticket that was never given out: " << answer->status;
}

void ModelPlayer::PlayReset() {
  const std::string mailbox = Mailbox();
  const std::string device = Device();
  const std::string folder = Folder(mailbox);
  const AnswerPtr answer = world_.ResetCursor(mailbox, device, folder);
  Log(absl::StrCat("ResetCursor ", mailbox, " ", device, " ", folder));
  model_.CursorReset(mailbox, device, folder, answer);
}

void ModelPlayer::PlayBeginFolderSync() {
  const std::string mailbox = Mailbox();
  const Seq from = model_.HierarchyNow(mailbox).first;
  Log(absl::StrCat("BeginFolderSync ", mailbox));
  world_.engine().BeginFolderSync(mailbox, [this, mailbox, from](absl::StatusOr<FolderList> list) {
    if (!list.ok()) return;
    const auto [surely, to] = model_.HierarchyNow(mailbox);
    if (from == to) model_.CheckList(mailbox, *list);
    folder_syncs_.push_back({mailbox, from, to, list->version});
  });
}

void ModelPlayer::PlayEndFolderSync() {
  if (folder_syncs_.empty()) return;
  const OpenFolderSync sync = folder_syncs_.back();
  if (Chance(500)) folder_syncs_.pop_back();
  const std::string device = Device();
  const AnswerPtr answer = world_.EndFolderSync(sync.mailbox, device, sync.version);
  Log(absl::StrCat("EndFolderSync ", sync.mailbox, " ", device, " version ", sync.version));
  model_.FolderSyncEnded(sync.mailbox, device, sync.from, sync.to, answer);
}

}  // namespace mailwake::testing
