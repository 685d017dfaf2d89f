// SPDX-License-Identifier: Apache-2.0
//
// Answers, crashes and the disk: what became certain, and what was lost.

#include <algorithm>
#include <iterator>

#include "tests/support/engine_model.h"

namespace mailwake::testing {
namespace {

std::vector<DeclaredFolder> ListOf(const MailboxRecord& record) {
  std::vector<FolderRecord> folders = record.folders;
  std::erase_if(folders, [](const FolderRecord& folder) { return !folder.declared; });
  std::sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  std::vector<DeclaredFolder> list;
  for (const FolderRecord& folder : folders) list.push_back({folder.id, folder.name, folder.item_class, folder.type, folder.parent});
  return list;
}

std::string Text(const std::optional<ItemClass>& item_class) { return item_class ? std::string(Name(*item_class)) : "none"; }

// By id: a remembered folder has the class that it has now.
std::set<std::string> SetOf(const std::optional<WatchList>& folders) {
  std::set<std::string> ids;
  if (folders)
    std::transform(folders->begin(), folders->end(), std::inserter(ids, ids.end()), [](const auto& folder) { return folder.first; });
  return ids;
}

std::optional<WatchList> FoldersOf(const DeviceRecord& record) {
  if (!record.folders) return std::nullopt;
  WatchList folders;
  for (const RememberedFolder& folder : *record.folders) folders.emplace_back(folder.id, folder.item_class);
  return folders;
}

}  // namespace

void EngineModel::CheckAnswers(bool all) {
  for (const CallPtr& call : calls_) {
    if (!call->answer->answered()) {
      EXPECT_FALSE(all) << "a call on " << call->mailbox << " was never answered";
      continue;
    }
    if (call->answer->ok()) {
      call->unsure = false;
      if (!call->device.empty()) mailboxes_[call->mailbox].devices[call->device].known = true;
      continue;
    }
    ++situations_["a call fails"];
    call->unsure = true;
    if (!call->structural) continue;
    for (auto& [name, box] : mailboxes_) box.blurred = box.blurred || call->mailbox.empty() || call->mailbox == name;
  }
  for (auto& [name, box] : mailboxes_) {
    for (auto& [id, device] : box.devices) {
      for (const auto& sync : device.folder_syncs) {
        if (sync.call->answer->answered() && !sync.call->answer->ok()) device.hierarchy.insert(sync.before.begin(), sync.before.end());
      }
      std::erase_if(device.folder_syncs, [](const auto& sync) { return sync.call->answer->answered() && !sync.call->answer->ok(); });
    }
  }
  std::erase_if(calls_, [](const CallPtr& call) { return call->answer->answered(); });
}

bool EngineModel::blurred() const {
  return std::any_of(mailboxes_.begin(), mailboxes_.end(), [](const auto& box) { return box.second.blurred; });
}

// What was not acknowledged may have been lost.
void EngineModel::Widen() {
  for (const CallPtr& call : calls_) {
    call->unsure = true;
    ++situations_["a crash before the answer"];
    if (!call->structural) continue;
    for (auto& [name, box] : mailboxes_) box.blurred = box.blurred || call->mailbox.empty() || call->mailbox == name;
  }
  calls_.clear();
  for (auto& [name, box] : mailboxes_) {
    for (auto& [id, device] : box.devices) {
      std::optional<Seq> floor;
      for (const auto& sync : device.folder_syncs) {
        if (sync.call->answer->ok()) floor = std::max(floor.value_or(0), sync.from);
      }
      device.folder_syncs.clear();
      if (floor)
        device.folder_syncs.push_back({*floor, std::make_shared<ModelCall>(ModelCall{std::make_shared<Answer>(Answer{1, {}}), name}), {}});
      device.hierarchy = device.hierarchy_ever;
      std::erase_if(device.hierarchy, [&](const std::optional<Seq>& seq) { return floor && seq.value_or(0) < *floor; });
      if (floor) device.hierarchy.insert(floor);
    }
  }
}

void EngineModel::Restarted(bool crashed) {
  CheckAnswers(!crashed);
  if (crashed) {
    Widen();
  } else {
    for (const auto& [name, box] : mailboxes_) ReadNow(name);
  }
  held_.clear();
  draining_ = false;
  for (auto& [name, box] : mailboxes_) {
    for (auto& [id, device] : box.devices) device.wake_surely = {};
    Adopt(name, !box.blurred);
    AdoptRemembered(name, !crashed);
  }
}

void EngineModel::Flushed() {
  CheckAnswers(true);
  for (const auto& [name, box] : mailboxes_) ReadNow(name);
  for (auto& [name, box] : mailboxes_) {
    Adopt(name, !box.blurred);
    AdoptRemembered(name, true);
  }
}

// Takes the folders from the disk, or compares them with it.
void EngineModel::Adopt(const std::string& mailbox, bool compare) {
  ModelMailbox& box = mailboxes_[mailbox];
  const MailboxRecord& record = world_.store().stored(mailbox);
  const std::vector<DeclaredFolder> list = ListOf(record);
  if (compare) {
    EXPECT_EQ(box.declared, record.declared) << mailbox;
    EXPECT_TRUE(box.list == list) << "the declared folders of " << mailbox << " are not as they were";
  }
  box.declared = record.declared;
  box.list = list;
  box.blurred = false;
  for (auto& [id, folder] : box.folders) {
    const FolderRecord* stored = world_.store().stored_folder(mailbox, id);
    const bool there = stored != nullptr && stored->item_class != kUnknownClass;
    const auto item_class = there ? std::optional(stored->item_class) : std::nullopt;
    const bool listed =
        std::any_of(list.begin(), list.end(), [&, name = id](const DeclaredFolder& declared) { return declared.id == name; });
    if (compare && !folder.item_class && item_class && folder.named.contains(*item_class)) continue;  // only a PING said so
    if (compare && (!box.declared || listed)) {
      EXPECT_EQ(Text(folder.item_class), Text(item_class)) << "folder " << id << " of " << mailbox << " is not as it was";
    }
    folder.item_class = item_class;
    if (!item_class) std::erase_if(folder.events, [](const auto& event) { return !event.suspect; });
  }
}

void EngineModel::AdoptRemembered(const std::string& mailbox, bool compare) {
  for (auto& [id, device] : mailboxes_[mailbox].devices) {
    const DeviceRecord* stored = world_.store().stored_device(mailbox, id);
    const DeviceRecord none;
    const DeviceRecord& record = stored == nullptr ? none : *stored;
    if (compare && device.remembered_known) {
      EXPECT_EQ(device.heartbeat, record.heartbeat) << mailbox << " " << id;
      EXPECT_EQ(SetOf(device.folders), SetOf(FoldersOf(record))) << "the remembered folders of " << mailbox << " " << id;
    }
    device.heartbeat = record.heartbeat;
    device.folders = FoldersOf(record);
    device.known = device.perhaps_known = stored != nullptr;
    device.remembered_known = true;
  }
}

}  // namespace mailwake::testing
