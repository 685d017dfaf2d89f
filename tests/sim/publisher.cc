// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/publisher.h"

#include <algorithm>
#include <utility>

#include "tests/sim/operator.h"
#include "tests/sim/server.h"

namespace mailwake::sim {
namespace {

constexpr std::int64_t kRetryMs = 5'000;

}  // namespace

// One call of Publish.
struct Publisher::Call {
  std::vector<ReportPtr> reports;
  std::optional<absl::Status> answer;
  bool entered = false;  // the call has returned
  bool readable = false;
};

void Publisher::Start() {
  for (int mailbox = 0; mailbox < world_.host.mailboxes(); ++mailbox) {
    NextChange(mailbox);
    if (!world_.host.mailbox(mailbox).declared) continue;
    Declare(mailbox);
    if (world_.profile.list_mean_ms > 0) NextListChange(mailbox);
  }
}

// ---- What happens

void Publisher::NextChange(int mailbox) {
  const auto wait = Duration(world_.random.Exponential(static_cast<double>(world_.profile.change_mean_ms)));
  world_.queue.After(wait, [this, mailbox] {
    if (world_.calm) return;
    const std::int64_t changes = world_.random.Chance(world_.profile.burst) ? world_.random.Between(2, 12) : 1;
    for (std::int64_t i = 0; i < changes; ++i) {
      const int folder = PickFolder(mailbox);
      if (folder != kNone) Change(mailbox, folder, PickOrigin());
      if (folder != kNone && world_.profile.masked > 0 && world_.random.Chance(world_.profile.masked)) Masked(mailbox, folder);
    }
    NextChange(mailbox);
  });
}

// Mostly nobody who has a device.
int Publisher::PickOrigin() {
  if (!world_.random.Chance(world_.profile.own_outside)) return kNobody;
  world_.stakes.Count(Stake::kOwnOutside);
  return static_cast<int>(world_.random.Below(static_cast<std::size_t>(world_.profile.devices_most)));
}

void Publisher::Meddle(int mailbox, int folder) {
  if (!world_.calm && world_.random.Chance(world_.profile.meddling)) Change(mailbox, folder, kNobody);
}

int Publisher::PickFolder(int mailbox) {
  const auto& folders = world_.host.mailbox(mailbox).folders;
  const auto folder = static_cast<int>(world_.random.Chance(0.5) ? 0 : world_.random.Below(folders.size()));
  return folders[static_cast<std::size_t>(folder)].exists ? folder : kNone;
}

void Publisher::OwnChange(int mailbox, int folder, int device) {
  ++open_;
  const std::uint64_t content = world_.host.Write(mailbox, folder, device, world_.queue.now());
  auto report = std::make_shared<Report>(Report{.mailbox = mailbox,
                                                .folder = folder,
                                                .origin = device,
                                                .content = content,
                                                .host_version = world_.host.mailbox(mailbox).host_versions});
  // At once, or a little later: not inside the call of the front end that asked for it.
  Announce(report, world_.queue.now() + Duration(world_.random.Chance(0.5) ? 0 : world_.random.Between(1, 500)));
}

void Publisher::Interrupt(int mailbox) {
  const int folder = world_.calm || !world_.random.Chance(0.1) ? kNone : PickFolder(mailbox);
  if (folder == kNone || world_.host.mailbox(mailbox).host_versions) return;
  ++open_;
  const std::uint64_t content = world_.host.Write(mailbox, folder, kNobody, world_.queue.now());
  Send({std::make_shared<Report>(Report{.mailbox = mailbox, .folder = folder, .content = content})});
}

void Publisher::Change(int mailbox, int folder, int origin) {
  const Profile& profile = world_.profile;
  Random& random = world_.random;
  MailHost::Mailbox& box = world_.host.mailbox(mailbox);
  MailHost::Folder& facts = world_.host.folder(mailbox, folder);
  if (!box.declared && profile.list_mean_ms > 0 && random.Chance(profile.class_change * 0.1)) {
    facts.item_class = static_cast<ItemClass>(random.Below(kItemClasses));  // its id now is another folder's
  }
  ++open_;
  const Time readable_at = world_.queue.now() + Duration(profile.readable_ms > 0 ? random.Between(0, profile.readable_ms) : 0);
  const std::uint64_t content = world_.host.Write(mailbox, folder, origin, readable_at);
  const Time surely_readable = facts.becoming.empty() ? readable_at : facts.becoming.back().second;
  auto report = std::make_shared<Report>(
      Report{.mailbox = mailbox, .folder = folder, .origin = origin, .content = content, .host_version = box.host_versions});
  const std::int64_t late = random.Chance(profile.reorder) ? random.Between(0, 10'000) : random.Between(0, 20);
  Time at = surely_readable + Duration(late);
  if (surely_readable > world_.queue.now() && random.Chance(profile.early)) {
    at = world_.queue.now();
    facts.early = content;
    world_.stakes.Count(Stake::kEarlyPublish);
  }
  Announce(report, at);
}

// A change that the host does not take for one: the model is told nothing of it.
void Publisher::Masked(int mailbox, int folder) {
  Server& server = *world_.server;
  if (!server.up()) return;
  world_.stakes.Count(Stake::kMasked);
  const std::string name = MailboxName(mailbox), id = FolderName(folder);
  const ItemClass item_class = world_.host.folder(mailbox, folder).item_class;
  server.engine().Publish({{.mailbox = name, .folder = id, .item_class = item_class, .kind = ChangeKind::kFlags}},
                          [](const absl::Status&) {});
  server.Settle(mailbox);
}

void Publisher::Announce(const ReportPtr& report, Time at) {
  report->at = at;
  if (report->host_version) {
    auto& queue = queues_[{report->mailbox, report->folder}];
    queue.push_back(report);
    if (queue.size() > 1) return;
  }
  world_.queue.At(at, [this, report] { TakeTurn(report); });
}

// ---- How it is reported

void Publisher::TakeTurn(const ReportPtr& report) {
  const Profile& profile = world_.profile;
  auto& batch = batches_[report->mailbox];
  batch.push_back(report);
  if (report->last && !report->host_version && world_.random.Chance(profile.repeat)) {
    auto again = std::make_shared<Report>(*report);
    again->last = false;
    world_.queue.After(Duration(world_.random.Between(1, 30'000)), [this, again] { Send({again}); });
  }
  if (!world_.calm && !report->host_version && world_.random.Chance(profile.batch) && batch.size() < 8) {
    // It waits for others; if none come it goes alone.
    world_.queue.After(Duration(200), [this, mailbox = report->mailbox] {
      if (!batches_[mailbox].empty()) Send(TakeBatches(mailbox));
    });
    return;
  }
  Send(TakeBatches(report->mailbox));
}

// What waits of the mailbox; in some worlds of others too.
std::vector<Publisher::ReportPtr> Publisher::TakeBatches(int mailbox) {
  std::vector<ReportPtr> taken = std::exchange(batches_[mailbox], {});
  if (world_.profile.across == 0) return taken;
  for (auto& [other, batch] : batches_) {
    if (batch.empty() || !world_.random.Chance(world_.profile.across)) continue;
    world_.stakes.Count(Stake::kPublishedAcross);
    taken.insert(taken.end(), batch.begin(), batch.end());
    batch.clear();
  }
  return taken;
}

void Publisher::Send(const std::vector<ReportPtr>& reports) {
  Server& server = *world_.server;
  auto call = std::make_shared<Call>();
  std::vector<std::string> names;
  std::vector<mailwake::Change> changes;
  names.reserve(reports.size() * 3);
  for (const ReportPtr& report : reports) {
    const MailHost::Folder& facts = world_.host.folder(report->mailbox, report->folder);
    if (!facts.exists) {  // gone meanwhile: nothing to report
      Done(report);
      continue;
    }
    if (!server.up()) {
      Retry(report);
      continue;
    }
    mailwake::Change change{.mailbox = names.emplace_back(MailboxName(report->mailbox)),
                            .folder = names.emplace_back(FolderName(report->folder)),
                            .item_class = facts.item_class};
    if (report->origin != kNobody) change.device = names.emplace_back(DeviceName(report->origin));
    if (report->host_version) change.host_version = report->content;
    report->item_class = facts.item_class;
    report->written_before = server.store().submitted(report->mailbox, report->folder);
    changes.push_back(change);
    call->reports.push_back(report);
  }
  if (call->reports.empty()) return;
  calls_.push_back(call);
  server.engine().Publish(changes, [this, weak = std::weak_ptr<Call>(call)](absl::Status status) {
    const auto answered = weak.lock();
    if (answered == nullptr) return;
    answered->answer = std::move(status);
    if (answered->entered) Sent(answered);
  });
  call->entered = true;
  call->readable = std::ranges::all_of(call->reports, [&server](const ReportPtr& report) { return server.Readable(report->mailbox); });
  for (std::size_t i = 0; i < call->reports.size(); ++i) {
    Report& report = *call->reports[i];
    report.attempt = world_.model.Published(report.mailbox, report.folder, report.origin, changes[i].item_class,
                                            server.Readable(report.mailbox), report.first, report.host_version);
    if (report.first == 0) report.first = report.attempt;
  }
  if (call->answer) Sent(call);
  if (!world_.calm && world_.random.Chance(0.01)) server.LoseConnection(call->reports[0]->mailbox);
  int settled = kNone;
  for (const ReportPtr& report : call->reports) {
    if (std::exchange(settled, report->mailbox) != report->mailbox) server.Settle(report->mailbox);
  }
  world_.op->Published();
}

void Publisher::Sent(const std::shared_ptr<Call>& call) {
  const auto kept = call;
  if (std::erase(calls_, kept) == 0) return;
  for (const ReportPtr& report : kept->reports) Answered(report, *kept->answer, kept->readable);
}

void Publisher::Answered(const ReportPtr& report, const absl::Status& status, bool readable) {
  world_.model.PublishAnswered(report->mailbox, report->folder, report->origin, report->item_class, report->first, report->attempt,
                               report->host_version, status.ok());
  if (status.ok()) {
    SlowStore& store = world_.server->store();
    const Profile& profile = world_.profile;
    const bool known = store.slow() && !report->host_version && profile.suspect_mean_ms == 0 && profile.list_mean_ms == 0;
    if (known) {
      world_.stakes.Count(Stake::kAcknowledged);
      if (store.durable(report->mailbox, report->folder) <= report->written_before) {
        world_.model.Fail(5, report->mailbox, kNone,
                          "P5: a change in " + FolderName(report->folder) + " is acknowledged and not on the disk");
      }
    }
    return Done(report);
  }
  const std::string_view says(status.message().data(), status.message().size());
  const bool disk = says.substr(0, kDiskSays.size()) == kDiskSays;
  if (readable && !disk) world_.model.Fail(5, report->mailbox, kNone, "a change is refused: " + std::string(says));
  world_.stakes.Count(Stake::kCommitFailed);
  Retry(report);
}

void Publisher::Retry(const ReportPtr& report) {
  if (!report->last) return Done(report);
  world_.queue.After(Duration(world_.random.Between(1, kRetryMs)), [this, report] { Send({report}); });
}

void Publisher::Done(const ReportPtr& report) {
  if (!report->last) return;
  --open_;
  if (!report->host_version) return;
  auto& queue = queues_[{report->mailbox, report->folder}];
  queue.pop_front();
  if (!queue.empty()) world_.queue.At(queue.front()->at, [this, next = queue.front()] { TakeTurn(next); });
}

void Publisher::ServerGone() {
  for (const auto& call : std::exchange(calls_, {})) {
    for (const ReportPtr& report : call->reports) {
      world_.stakes.Count(Stake::kUnacknowledgedAtCrash);
      Retry(report);
    }
  }
  for (auto& [mailbox, list] : lists_) {
    if (!list.under_way) continue;
    list.under_way = false;
    world_.queue.After(Duration(world_.random.Between(1, kRetryMs)), [this, number = mailbox] { Declare(number); });
  }
}

// ---- Folder lists

void Publisher::NextListChange(int mailbox) {
  world_.queue.After(Duration(world_.random.Exponential(static_cast<double>(world_.profile.list_mean_ms))), [this, mailbox] {
    if (world_.calm) return;
    const auto number = static_cast<int>(world_.random.Below(world_.host.mailbox(mailbox).folders.size()));
    MailHost::Folder& folder = world_.host.folder(mailbox, number);
    if (!folder.exists) {
      folder.exists = true;  // it comes again; that is a change which everybody has to see
      world_.host.Write(mailbox, number, kNobody, world_.queue.now());
    } else if (world_.random.Chance(world_.profile.class_change)) {
      folder.item_class = static_cast<ItemClass>((static_cast<std::size_t>(folder.item_class) + 1) % kItemClasses);
      world_.host.Write(mailbox, number, kNobody, world_.queue.now());
    } else if (number != 0 && world_.random.Chance(world_.profile.deletes)) {
      folder.exists = false;
    }
    Declare(mailbox);
    NextListChange(mailbox);
  });
}

void Publisher::Declare(int mailbox) {
  List& list = lists_[mailbox];
  if (list.under_way) {
    list.wanted = true;
    return;
  }
  Server& server = *world_.server;
  const std::vector<FolderRef> folders = world_.host.mailbox(mailbox).List();
  if (list.folders != folders) {
    list.folders = folders;
    list.first = 0;
  }
  list.under_way = true;
  list.wanted = false;
  if (!server.up()) {
    list.under_way = false;
    world_.queue.After(Duration(world_.random.Between(1, kRetryMs)), [this, mailbox] { Declare(mailbox); });
    return;
  }
  std::vector<DeclaredFolder> declared;
  for (const FolderRef& ref : folders) {
    declared.push_back({.id = FolderName(ref.folder), .name = FolderName(ref.folder), .item_class = ref.item_class});
  }
  const Seq attempt = world_.model.Declared(mailbox, folders);
  if (list.first == 0) list.first = attempt;
  // The life of the server counts: an answer out of an earlier one cannot come.
  server.engine().SetFolders(MailboxName(mailbox), std::move(declared),
                             [this, mailbox, attempt](const absl::Status& status) { DeclareAnswered(mailbox, attempt, status); });
  server.Settle(mailbox);
}

void Publisher::DeclareAnswered(int mailbox, Seq attempt, const absl::Status& status) {
  List& list = lists_[mailbox];
  list.under_way = false;
  world_.model.DeclareAnswered(mailbox, list.folders, list.first, attempt, status.ok());
  if (!status.ok()) {
    world_.queue.After(Duration(world_.random.Between(1, kRetryMs)), [this, mailbox] { Declare(mailbox); });
  } else if (list.wanted || list.folders != world_.host.mailbox(mailbox).List()) {
    world_.queue.After(Duration(1), [this, mailbox] { Declare(mailbox); });
  }
}

}  // namespace mailwake::sim
