// SPDX-License-Identifier: Apache-2.0
//
// What a Device makes of the answers to its requests.

#include <algorithm>

#include "tests/sim/device.h"

namespace mailwake::sim {

void Device::Answered(std::uint64_t turn, const Request& request, const Answer& answer) {
  if (turn != turn_ || gone_) return;
  exchange_ = nullptr;
  if (answer.http != 0) heard_ = world_.queue.now();
  if (answer.http == 0) {  // the connection was reset, or nobody listens
    if (request.kind == Request::kSync) {
      for (const SyncItem& item : request.items) {
        if (auto folder = folders_.find(item.folder); folder != folders_.end()) folder->second.wanted = true;
      }
    }
    return WaitAndStep(random_.Between(100, 10'000));
  }
  if (answer.http == 503) {  // whoever may not wait looks now and then
    for (auto& [number, folder] : folders_) folder.wanted = folder.wanted || random_.Chance(0.2);
    list_wanted_ = list_wanted_ || random_.Chance(0.1);
    // Of other requests the front end says when by a chance of its own, which no seed repeats.
    if (request.kind != Request::kPing) return WaitAndStep(random_.Between(5'000, 15'000));
    return WaitAndStep(1'000 * std::max<std::int64_t>(1, answer.retry_after_s));
  }
  if (answer.http != 200) return WaitAndStep(30'000);
  switch (request.kind) {
    case Request::kPing:
      PingAnswered(request, answer);
      break;
    case Request::kSync:
      SyncAnswered(request, answer);
      break;
    case Request::kFolderSync:
      ListAnswered(answer);
      break;
  }
}

void Device::PingAnswered(const Request& request, const Answer& answer) {
  switch (answer.status) {
    case 1:
      if (answer.close) return WaitAndStep(random_.Between(200, 5'000));  // it goes, or another took its place
      if (!habits_.fixed_heartbeat_s) tuner_.Expired();
      WantUnwatched();
      return Think();
    case 2:
      tuner_.Woken();
      Woken(answer.folders);
      return Think();
    case 3:
      asked_.clear();
      habits_.empty_ping = false;
      return Think();
    case 5:
      bound_s_ = answer.bound;
      tuner_.Bounded(std::chrono::seconds(answer.bound));
      return Think();
    case 6:
      most_folders_ = static_cast<std::size_t>(answer.bound);
      return Think();
    case 7:
      if (!habits_.ignores_list) {
        list_wanted_ = true;
        for (auto& [number, folder] : folders_) folder.wanted = true;  // it names none, and may have come instead of one that does
        return Think();
      }
      return WaitAndStep(random_.Between(1, 20'000));
    default:
      (void)request;
      return WaitAndStep(30'000);
  }
}

// Folders for which there is no room in a PING are looked at now and then.
void Device::WantUnwatched() {
  std::size_t place = 0;
  for (auto& [number, folder] : folders_) folder.wanted = folder.wanted || place++ >= most_folders_;
}

void Device::Woken(const std::vector<int>& folders) {
  for (const int number : folders) {
    auto folder = folders_.find(number);
    if (folder == folders_.end()) continue;
    if (!habits_.half_sync || random_.Chance(0.5)) folder->second.wanted = true;
  }
}

void Device::SyncAnswered(const Request& request, const Answer& answer) {
  ++syncs_;
  if (answer.status == 12) list_wanted_ = true;
  for (const Answer::Collection& collection : answer.collections) {
    auto found = folders_.find(collection.folder);
    if (found == folders_.end()) continue;
    Folder& folder = found->second;
    switch (collection.status) {
      case 1: {
        const bool primed = folder.key != 0;
        folder.key = collection.key;
        folder.have = std::max(folder.have, collection.content);
        // One that takes a few at a time may PING before it asks for the rest: it is behind, and is told so.
        const bool pings_first = (habits_.small_window && collection.more) || (!world_.calm && world_.profile.starts_over > 0);
        folder.wanted = (collection.more || (!primed && active_sync)) && !(pings_first && random_.Chance(0.3));
        if (primed || !active_sync) folder.excused = false;
        world_.history.Add({.time = world_.queue.now(),
                            .what = What::kDeviceHas,
                            .mailbox = static_cast<std::int16_t>(mailbox),
                            .device = static_cast<std::int16_t>(id),
                            .folder = static_cast<std::int16_t>(collection.folder),
                            .a = folder.have});
        break;
      }
      case 3:
        folder.key = 0;
        folder.wanted = true;
        break;
      case 8:
      case 12:
        list_wanted_ = true;
        break;
      default:
        return WaitAndStep(20'000);
    }
  }
  if (answer.status != 1 && answer.status != 12 && !answer.empty) {
    if (answer.status == 14) bound_s_ = std::max<std::int64_t>(world_.profile.heartbeat_min_s, answer.bound);
    if (answer.status == 15) habits_.hanging_sync = false;  // more folders than may hang
    if (answer.status == 13) {
      for (auto& [number, folder] : folders_) folder.key = 0, folder.wanted = true;
    }
    if (answer.status != 14) return WaitAndStep(20'000);
  }
  (void)request;
  Think();
}

void Device::ListAnswered(const Answer& answer) {
  if (answer.status == 9) {
    list_key_ = 0;
    return Think();
  }
  if (answer.status != 1) return WaitAndStep(20'000);
  list_wanted_ = false;
  list_seen_ = true;
  const bool from_nothing = list_key_ == 0;
  list_key_ = answer.list_key;
  if (!world_.host.mailbox(mailbox).declared) {
    TakeHostFolders();
    return Think();
  }
  if (answer.whole_list || from_nothing) {
    std::erase_if(folders_, [&](const auto& entry) {
      return std::ranges::none_of(answer.listed, [&](const FolderRef& ref) { return ref.folder == entry.first; });
    });
  }
  for (const int gone : answer.unlisted) folders_.erase(gone);
  for (const FolderRef& ref : answer.listed) {
    if (ref.folder < 0) continue;
    auto [folder, fresh] = folders_.try_emplace(ref.folder);
    if (fresh || folder->second.item_class != ref.item_class) folder->second = {.item_class = ref.item_class};
  }
  if (folders_.empty()) {
    list_wanted_ = true;
    return WaitAndStep(10'000);
  }
  Think();
}

}  // namespace mailwake::sim
