// SPDX-License-Identifier: Apache-2.0
//
// The operations of the mail server, the operator, the clock and the store.

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "tests/support/engine_model_player.h"

namespace mailwake::testing {

// ---- Changes ---------------------------------------------------------------------------------------------------------------------------

void ModelPlayer::PlayPublish() {
  std::vector<std::pair<std::string, std::string>> places;
  const std::size_t count = Chance(850) ? 1 : 2 + Below(3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string mailbox = Mailbox();
    places.emplace_back(mailbox, Folder(mailbox));
  }
  PublishNow(places);
}

void ModelPlayer::PublishNow(const std::vector<std::pair<std::string, std::string>>& places) {
  std::vector<Change> changes;
  std::vector<std::string> devices(places.size());
  std::string text;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& [mailbox, folder] = places[i];
    Change change{.mailbox = mailbox, .folder = folder, .item_class = ClassIn(mailbox, folder)};
    change.kind = static_cast<ChangeKind>(Below(kChangeKinds));
    if (Chance(500)) devices[i] = Device();
    change.device = devices[i];
    if (setup_.host_versions && places.size() == 1) change.host_version = model_.NextHostVersion(mailbox, folder, Chance(200));
    if (change.host_version == 0) change.host_version.reset();
    const ModelMailbox& box = model_.mailbox(mailbox);
    const bool listed =
        std::any_of(box.list.begin(), box.list.end(), [&, &id = folder](const DeclaredFolder& entry) { return entry.id == id; });
    const bool fresh = !change.host_version || model_.NextHostVersion(mailbox, folder, false) == *change.host_version;
    if (places.size() == 1 && fresh && Calm(mailbox) && (!box.declared || listed) && Chance(25)) {
      change.item_class = static_cast<ItemClass>(Below(kItemClasses));
    }
    changes.push_back(change);
    absl::StrAppend(&text, " ", mailbox, "/", folder, ":", std::string(Name(change.item_class)), " by '", devices[i], "' ",
                    change.host_version.value_or(0));
  }
  const AnswerPtr answer = world_.Publish(changes);
  Log(absl::StrCat("Publish", text));
  model_.Published(changes, answer);
}

// One bad change among good ones: none is applied.
void ModelPlayer::PlayBadPublish() {
  const std::string mailbox = Mailbox();
  const std::string folder = Folder(mailbox);
  const std::string long_id(kMaxIdBytes + 1, 'y');
  const Change good{.mailbox = mailbox, .folder = folder, .item_class = ClassIn(mailbox, folder)};
  Change bad = good;
  if (Chance(500)) bad.folder = Chance(500) ? std::string_view() : std::string_view(long_id);
  if (bad.folder == good.folder) bad.mailbox = {};
  const AnswerPtr answer = world_.Publish({good, bad});
  Log("Publish with a bad change");
  EXPECT_TRUE(answer->answered() && absl::IsInvalidArgument(answer->status)) << "a bad change: " << answer->status;
}

void ModelPlayer::PlaySetFolders() {
  const std::string mailbox = Mailbox();
  if (!Calm(mailbox)) return;
  const ModelMailbox& box = model_.mailbox(mailbox);
  std::vector<DeclaredFolder> list = box.list;
  if (list.empty()) {
    if (!Chance(300)) return;  // some mailboxes stay undeclared
    list = Declare({"inbox", "cal"});
  } else if (Chance(800)) {
    const std::string id = Folder(mailbox);
    auto found = std::find_if(list.begin(), list.end(), [&](const DeclaredFolder& folder) { return folder.id == id; });
    const std::string added = absl::StrCat(Chance(500) ? "cal" : "sent", Chance(500) ? "" : "2");
    if (found != list.end() && Chance(300)) {
      found->name += "x";
    } else if (found != list.end() && Chance(300)) {
      found->item_class = static_cast<ItemClass>(Below(kItemClasses));
    } else if (found != list.end() && list.size() > 1 && Chance(500)) {
      list.erase(found);
    } else if (std::none_of(list.begin(), list.end(), [&](const DeclaredFolder& folder) { return folder.id == added; })) {
      list.push_back(Declare({added}).front());
    }
  }
  const AnswerPtr answer = world_.SetFolders(mailbox, list);
  std::string text;
  for (const DeclaredFolder& folder : list) absl::StrAppend(&text, " ", folder.id, ":", std::string(Name(folder.item_class)));
  Log(absl::StrCat("SetFolders ", mailbox, text));
  model_.FoldersSet(mailbox, list, answer);
}

void ModelPlayer::PlaySuspect() {
  const std::optional<std::string> mailbox = Chance(700) ? std::optional(Mailbox()) : std::nullopt;
  const AnswerPtr answer = world_.Suspect(mailbox);
  Log(absl::StrCat("Suspect ", mailbox.value_or("all")));
  model_.Suspected(mailbox, answer);
}

// ---- Ending many -----------------------------------------------------------------------------------------------------------------------

void ModelPlayer::PlayEndMany() {
  const std::string mailbox = Mailbox();
  const std::string device = Device();
  if (Chance(700)) {
    const std::size_t ended = world_.engine().EndDevice(mailbox, device);
    Log(absl::StrCat("EndDevice ", mailbox, " ", device, " ended ", ended));
    model_.DeviceEnded(mailbox, device, ended);
  } else {
    const std::size_t ended = world_.engine().EndMailbox(mailbox);
    Log(absl::StrCat("EndMailbox ", mailbox, " ended ", ended));
    model_.MailboxEnded(mailbox, ended);
  }
}

void ModelPlayer::PlayShed() {
  const std::size_t asked = 1 + Below(3);
  const std::size_t ended = world_.engine().Shed(asked);
  Log(absl::StrCat("Shed ", asked, " ended ", ended));
  model_.ShedCalled(asked, ended);
}

void ModelPlayer::PlayDrain() {
  if (drained_at_ != 0) return;
  drained_at_ = operations_;
  world_.engine().Drain(std::chrono::seconds(Below(10)));
  Log("Drain");
  model_.DrainCalled();
}

// ---- The clock -------------------------------------------------------------------------------------------------------------------------

void ModelPlayer::PlayClock() {
  Duration step(Below(3000));
  if (Chance(300) && world_.armed() && *world_.armed() > world_.now()) step = *world_.armed() - world_.now();
  if (Chance(100)) step = Duration(Below(120'000));
  Log(absl::StrCat("advance by ", step.count(), " ms"));
  world_.AdvanceBy(step);
}

// Nobody drove the engine for a while, or somebody set the clock. Sometimes a call comes before the driver.
void ModelPlayer::PlayJump() {
  if (!setup_.clock_jumps) return;
  const Time from = world_.now();
  world_.JumpBy(Chance(300) ? -Duration(Below(30'000)) : Duration(Below(60'000)));
  Log(absl::StrCat("the clock jumps by ", (world_.now() - from).count(), " ms"));
  model_.ClockJumped(from, world_.now(), world_.armed());
  if (Chance(300)) PlayHold();
  if (Chance(200)) PlayPublish();
}

// ---- The store -------------------------------------------------------------------------------------------------------------------------

void ModelPlayer::PlayStore() {
  if (!setup_.slow_store) return;
  FakeStore& store = world_.store();
  if (Chance(100)) {
    store.set_held(!store.held());
    Log(store.held() ? "the store is slow" : "the store is quick");
    if (!store.held() && Chance(700)) store.ReleaseAll();
    return;
  }
  for (std::size_t i = 1 + Below(4); i > 0 && store.waiting() > 0; --i) {
    store.Release(Chance(500) ? 0 : Below(store.waiting()));
    Log("release");
  }
}

void ModelPlayer::PlayFailures() {
  if (!setup_.failing_store) return;
  FakeStore& store = world_.store();
  if (store.failing() && Chance(700)) {
    store.FailCommits({}, 0);
    store.FailLoads({}, 0);
    Log("the store is well");
    return;
  }
  const absl::Status status = Chance(700) ? absl::UnavailableError("busy") : absl::ResourceExhaustedError("full");
  if (Chance(500)) {
    store.FailCommits(status, Chance(500) ? 1 + Below(3) : FakeStore::kAlways);
    Log("commits fail");
  } else {
    store.FailLoads(Chance(300) ? absl::DataLossError("damaged") : absl::UnavailableError("busy"),
                    Chance(500) ? 1 + Below(3) : FakeStore::kAlways);
    Log("loads fail");
  }
}

void ModelPlayer::PlayRestart() {
  restarting_ = true;
  const bool crash = Chance(600);
  Log(crash ? "crash" : "restart");
  if (crash) {
    world_.Crash(random_());
  } else {
    world_.Restart();
  }
  world_.TakeEnded();
  first_of_life_ = world_.holds();
  drained_at_ = 0;
  model_.Restarted(crash);
  restarting_ = false;
}

}  // namespace mailwake::testing
