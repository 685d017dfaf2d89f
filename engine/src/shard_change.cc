// SPDX-License-Identifier: Apache-2.0
//
// What changes a mailbox: published changes, declared folder lists, suspicion.

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/inlined_vector.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/src/check.h"
#include "engine/src/join.h"
#include "engine/src/plant.h"
#include "engine/src/records.h"
#include "engine/src/shard.h"

namespace mailwake {
namespace {

// The folder goes from the store, with everybody's cursors in it.
void RecordErased(Mailbox& mailbox, FolderNumber number, MailboxWrite& write) {
  mailbox.Extend().erased.emplace_back(mailbox.FolderId(number));
  write.erased_folders.emplace_back(mailbox.FolderId(number));
}

absl::Status NoVersions() { return absl::UnavailableError("the store has not confirmed a block of versions; publish again"); }

}  // namespace

// A change that waits for its mailbox: its strings are its own.
struct Shard::OwnedChange {
  OwnedChange(const Change& change, Version given) : folder(change.folder), device(change.device), rest(change), version(given) {}

  // Valid while this is.
  Change Get() const {
    Change change = rest;
    change.mailbox = {};  // the one in which it waited
    change.folder = folder;
    change.device = device;
    return change;
  }

  std::string folder, device;
  Change rest;
  Version version;
};

// Those of one call in one mailbox.
struct Shard::Group {
  Shard* shard;  // here, so that what refers to a group is small
  Done done;
  absl::InlinedVector<OwnedChange, 1> changes;
};

// The changes of one call that wait for their mailboxes.
struct Shard::Waiting {
  std::shared_ptr<Join> join;
  absl::flat_hash_map<Mailbox*, std::shared_ptr<Group>> groups;
};

// ---- Published changes

void Shard::Publish(std::span<const KeyedChange> changes, Done&& done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  Waiting waiting;
  absl::Status outcome;
  for (const auto& [id, change] : changes) {
    Mailbox& mailbox = Enter(id);
    if (!mailbox.loading) {
      outcome.Update(Apply(mailbox, *change, 0, effects));
    } else if (changes.size() == 1) {
      DeferAlone(mailbox, *change, std::move(done), effects);
      return Settle(effects);
    } else {
      outcome.Update(AddWaiting(mailbox, *change, waiting, done, effects));
    }
  }
  if (waiting.join) {
    done = Join::Part(waiting.join);
    waiting.join->Seal();
  }
  Finish(std::move(done), outcome, effects);
  Settle(effects);
}

void Shard::DeferAlone(Mailbox& mailbox, const Change& change, Done&& done, Effects& effects) {
  if (!MayDefer(mailbox)) return effects.Call(std::move(done), TooManyWait());
  auto group = std::make_shared<Group>(Group{.shard = this, .done = std::move(done), .changes = {}});
  group->changes.emplace_back(change, NextVersion(effects));
  DeferGroup(mailbox, std::move(group));
}

void Shard::DeferGroup(Mailbox& mailbox, std::shared_ptr<Group> group) {
  Defer(mailbox, [group = std::move(group)](const absl::Status& loaded, Mailbox& read, Effects& later) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    absl::Status outcome = loaded;
    for (const OwnedChange& owned : group->changes) {
      if (loaded.ok() && !Planted(Plant::kLoadOverwrites)) outcome.Update(group->shard->Apply(read, owned.Get(), owned.version, later));
    }
    group->shard->Finish(std::move(group->done), outcome, later);
  });
}

// The changes of one call in one mailbox wait together, as one call.
absl::Status Shard::AddWaiting(Mailbox& mailbox, const Change& change, Waiting& waiting, Done& done, Effects& effects) {
  auto found = waiting.groups.find(&mailbox);
  if (found == waiting.groups.end()) {
    if (!MayDefer(mailbox)) return TooManyWait();
    if (!waiting.join) waiting.join = std::make_shared<Join>(std::move(done));
    auto group = std::make_shared<Group>(Group{.shard = this, .done = Join::Part(waiting.join), .changes = {}});
    DeferGroup(mailbox, group);
    found = waiting.groups.emplace(&mailbox, std::move(group)).first;
  }
  found->second->changes.emplace_back(change, NextVersion(effects));  // now: a sync that begins after this call covers the change
  return absl::OkStatus();
}

namespace {

// The plant: what comes within 5 s of a device's own change is that device's too.
DeviceNumber OriginByTime(const Folder& folder, Version version, DeviceNumber origin, std::int64_t now_ms) {
  static Version own = 0;
  static std::int64_t own_ms = 0;
  const bool soon = origin == kNoDevice && own != 0 && folder.version() == own && now_ms >= own_ms && now_ms - own_ms < 5'000;
  if (soon) return folder.origin();
  if (origin != kNoDevice) {
    own = version;
    own_ms = now_ms;
  }
  return origin;
}

}  // namespace

absl::Status Shard::Apply(Mailbox& mailbox, const Change& change, Version reserved, Effects& effects) {
  const auto item_class = static_cast<std::size_t>(change.item_class);
  if ((context_.options.wake_kinds[item_class] >> static_cast<unsigned>(change.kind) & 1) == 0 && !Planted(Plant::kIgnoreMask)) {
    ++stats_.masked;
    return absl::OkStatus();
  }
  FolderNumber number = mailbox.FindFolder(change.folder);
  if (number == kNoFolder && !HasFolderRoom(mailbox, 1, {})) {
    return absl::FailedPreconditionError(absl::StrCat("the mailbox ", std::string(mailbox.id()), " has ", mailbox.living(),
                                                      " folders, as many as it may: there is no room for ", std::string(change.folder)));
  }
  const bool replaces = number != kNoFolder && mailbox.folder(number).item_class().value_or(change.item_class) != change.item_class;
  const std::uint64_t host_version = change.host_version.value_or(0);
  if (number != kNoFolder && !replaces && host_version != 0 && host_version <= mailbox.host_version(number)) {
    ++stats_.repeats;
    MakeDurable(mailbox);
    return absl::OkStatus();
  }
  const Version newest = number == kNoFolder ? suspect_ : std::max(suspect_, mailbox.folder(number).version());
  // Suspect(all) came after it and was applied first: it says more, and a sync that began after both covers both.
  const bool covered = !replaces && reserved != 0 && reserved <= newest;
  const Version version = covered || reserved > newest ? std::max(reserved, newest) : NextVersion(effects);
  if (version == 0) return NoVersions();
  ++stats_.changes;

  // Without room for its origin a change is everybody's: one wake too many, none too few.
  const DeviceNumber origin =
      change.device.empty() || replaces ? kNoDevice : mailbox.InternDevice(change.device, 2 * context_.options.limits.devices_per_mailbox);
  MailboxWrite& write = Write(mailbox);
  if (number == kNoFolder) number = CreateFolder(mailbox, change.folder, change.item_class);
  Folder& folder = mailbox.folder(number);
  if (replaces) {
    ReplaceFolder(mailbox, number, change.item_class, version, write);
    mailbox.hierarchy.Set(std::max(mailbox.hierarchy.Get(), version));
    AddHierarchy(mailbox, write);
  } else {
    folder.set_class(change.item_class);
    if (!covered) folder.Change(version, Planted(Plant::kOwnByTime) ? OriginByTime(folder, version, origin, now_ms()) : origin);
  }
  if (host_version != 0) mailbox.SetHostVersion(number, host_version);
  AddFolder(mailbox, number, write);
  if (replaces) {
    ReconsiderAll(mailbox, effects);
  } else {
    WakeWatchers(mailbox, number, effects);
  }
  return absl::OkStatus();
}

// A repeat changes nothing, but its acknowledgement says that the first one is durable: whatever became of that one's commit.
void Shard::MakeDurable(Mailbox& mailbox) {
  if (mailbox.unsaved || mailbox.writes > 0) AddWhole(mailbox, Write(mailbox));
}

void Shard::WakeWatchers(Mailbox& mailbox, FolderNumber folder, Effects& effects) {
  const auto wake = [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!At(slot).folders.Contains(folder) || !mailbox.Behind(At(slot).device, folder)) return;
    if (Planted(Plant::kWindowGrows)) mailbox.device(At(slot).device).SetWoken(0, now_ms());  // e-mail's window begins anew
    if (windows_) return Reconsider(slot, effects);
    MarkReady(slot, effects);  // a new version, which no window holds back: it is judged when it is delivered
  };
  if (mailbox.crowd() != nullptr) return mailbox.crowd()->ForEach(folder, IsWatching(), wake);
  ForEachOf(mailbox.watchers, wake);
}

FolderNumber Shard::CreateFolder(Mailbox& mailbox, std::string_view id, std::optional<ItemClass> item_class) {
  FolderSet watched;
  if (mailbox.living() < mailbox.folder_count()) {
    ForEachOf(mailbox.watchers, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS { watched.Add(At(slot).folders); });
  }
  const FolderNumber number = mailbox.FreeFolderNumber(watched);
  mailbox.DropCursors(number);
  Folder& folder = mailbox.CreateFolder(number, id, item_class);
  // Whatever Suspect(all) was afraid of may have been in this folder.
  if (suspect_ != 0) folder.Change(suspect_, kNoDevice);
  return number;
}

// Folders that PINGs and syncs have named and nothing has ever changed in make room first, unless a PING that waits, is remembered or asks
// now names them.
bool Shard::HasFolderRoom(Mailbox& mailbox, std::size_t fresh, std::span<const FolderNumber> asked) {
  const std::size_t limit = context_.options.limits.folders_per_mailbox;
  if (mailbox.living() + fresh <= limit) return true;
  FolderSet named;
  ForEachOf(mailbox.watchers, [&](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS { named.Add(At(slot).folders); });
  for (DeviceNumber number = 0; number < mailbox.device_count(); ++number) {
    named.Add(mailbox.device(number).folders);
  }
  for (const FolderNumber number : asked) {
    if (number != kNoFolder) named.Add(number);
  }
  MailboxWrite* write = nullptr;
  for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
    const Folder& folder = mailbox.folder(number);
    if (!folder.alive() || mailbox.declaration(number) != nullptr || folder.version() > suspect_ || named.Contains(number)) continue;
    if (write == nullptr) write = &Write(mailbox);
    RecordErased(mailbox, number, *write);
    mailbox.DropCursors(number);
    mailbox.EraseFolder(number);
  }
  return mailbox.living() + fresh <= limit;
}

// The folder of another class that has the same id now: everybody is behind in it, whoever changed it, and starts over.
void Shard::ReplaceFolder(Mailbox& mailbox, FolderNumber number, ItemClass item_class, Version version, MailboxWrite& write) {
  Folder& folder = mailbox.folder(number);
  mailbox.DropCursors(number);
  RecordErased(mailbox, number, write);
  folder.set_class(item_class);
  mailbox.SetHostVersion(number, 0);
  folder.Restart(version);
}

// ---- Declared folder lists

void Shard::SetFolders(const MailboxKey& mailbox, std::vector<DeclaredFolder> folders, Done&& done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  // Now: a sync that begins after this call covers it.
  const VersionBlock versions = TakeVersions(folders.size() + 1, effects);
  WhenLoaded(
      mailbox, std::move(done),
      [this, versions, folders = std::move(folders)](Mailbox& read, Effects& later)
          ABSL_NO_THREAD_SAFETY_ANALYSIS { return Declare(read, folders, versions, later); },
      effects);
  Settle(effects);
}

namespace {

// There was no such folder, as far as is known: only syncs and PINGs have named it.
bool OnlyNamed(const Mailbox& mailbox, FolderNumber number, Version suspect) {
  const Folder& folder = mailbox.folder(number);
  return !folder.item_class() || (mailbox.declaration(number) == nullptr && folder.version() <= suspect);
}

bool SameDeclaration(const Mailbox& mailbox, FolderNumber number, const DeclaredFolder& declared, std::size_t position) {
  const Folder::Declaration* old = mailbox.declaration(number);
  return old != nullptr && mailbox.folder(number).item_class() == declared.item_class && old->name == declared.name &&
         old->type == declared.type && old->parent == declared.parent && old->position == position;
}

}  // namespace

absl::Status Shard::Declare(Mailbox& mailbox, const std::vector<DeclaredFolder>& folders, VersionBlock versions, Effects& effects) {
  Version newest = mailbox.hierarchy.Get();
  for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
    const Version version = mailbox.folder(number).version();
    if (version != suspect_) newest = std::max(newest, version);
  }
  if (versions.first <= newest) versions = TakeVersions(folders.size() + 1, effects);
  if (versions.size() == 0) return NoVersions();
  MailboxWrite write;
  BeginWrite(mailbox, write);
  // Suspect(all) may have come after the call and was applied first: it says more, and a sync that began after both covers both.
  const auto next = [&versions, suspect = suspect_] { return std::max<Version>(versions.first++, suspect); };
  bool changed = !mailbox.declared;
  absl::flat_hash_set<std::string_view> kept;
  for (const DeclaredFolder& folder : folders) kept.insert(folder.id);

  for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
    if (!mailbox.folder(number).alive() || kept.contains(mailbox.FolderId(number))) continue;
    changed |= mailbox.declaration(number) != nullptr;
    RecordErased(mailbox, number, write);
    mailbox.DropCursors(number);
    mailbox.EraseFolder(number);
  }
  for (std::size_t position = 0; position < folders.size(); ++position) {
    const DeclaredFolder& declared = folders[position];
    FolderNumber number = mailbox.FindFolder(declared.id, static_cast<FolderNumber>(position));
    if (number != kNoFolder && SameDeclaration(mailbox, number, declared, position)) continue;
    changed = true;
    if (number == kNoFolder) {
      number = CreateFolder(mailbox, declared.id, declared.item_class);
      // Creating a folder is a change in it.
      if (!Planted(Plant::kKeepVersion)) mailbox.folder(number).Change(next(), kNoDevice);
    } else if (mailbox.folder(number).item_class().value_or(declared.item_class) != declared.item_class) {
      ReplaceFolder(mailbox, number, declared.item_class, next(), write);
    } else if (OnlyNamed(mailbox, number, suspect_)) {
      mailbox.folder(number).Suspect(next());  // it is created now, unless it stands there as new already
    }
    mailbox.folder(number).set_class(declared.item_class);
    mailbox.Declare(number, {declared.name, declared.type, declared.parent, static_cast<std::uint32_t>(position)});
    AddFolder(mailbox, number, write);
  }
  if (!changed) {
    if (write.erased_folders.empty()) {
      MakeDurable(mailbox);
    } else {
      Write(mailbox) = std::move(write);  // folders that were never in a list
    }
    return absl::OkStatus();
  }
  mailbox.declared = true;
  if (!Planted(Plant::kListUnversioned)) mailbox.hierarchy.Set(versions.first++);
  AddHierarchy(mailbox, write);
  Write(mailbox) = std::move(write);
  ReconsiderAll(mailbox, effects);
  return absl::OkStatus();
}

// ---- Suspicion

void Shard::SuspectMailbox(const MailboxKey& mailbox, Done&& done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  const Version version = NextVersion(effects);
  WhenLoaded(
      mailbox, std::move(done),
      [this, version](Mailbox& read, Effects& later) ABSL_NO_THREAD_SAFETY_ANALYSIS { return Suspect(read, version, later); }, effects);
  Settle(effects);
}

absl::Status Shard::Suspect(Mailbox& mailbox, Version version, Effects& effects) {
  if (version == 0) return NoVersions();
  mailbox.SuspectAll(version);
  MailboxWrite& write = Write(mailbox);
  for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
    if (mailbox.folder(number).alive()) AddFolder(mailbox, number, write);
  }
  ForEachOf(mailbox.watchers, [this](Slot slot) ABSL_NO_THREAD_SAFETY_ANALYSIS { At(slot).resync = true; });
  ReconsiderAll(mailbox, effects);
  return absl::OkStatus();
}

// Every version and ticket that this shard gives out from now on is above `version`.
void Shard::SuspectEverything(Version version, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  suspect_ = std::max(suspect_, version);
  last_version_ = std::max(last_version_.load(), version);
  block_ = {};
  walk_ = 0;
  walk_ms_ = now_ms();
  Settle(effects);
}

}  // namespace mailwake
