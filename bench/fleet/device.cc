// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/device.h"

#include <algorithm>
#include <utility>

namespace mailwake::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A server that counts in milliseconds may answer a little before its time.
constexpr milliseconds kRounding{50};
// A Ping that has waited so long was taken: all is well with the server, whatever becomes of it then.
constexpr seconds kWell{1};

// Spreads devices that meet the same trouble at the same moment. In [0, 1000).
std::uint32_t Jitter(DeviceIndex device, std::uint32_t failures) {
  std::uint64_t mixed = (std::uint64_t{device} << 20 | failures) * 0x9E3779B97F4A7C15u;
  return static_cast<std::uint32_t>((mixed >> 40) % 1000);
}

bool WantsProvision(int status) { return status >= 142 && status <= 144; }

}  // namespace

std::string_view Name(Command command) {
  switch (command) {
    case Command::kProvision:
      return "Provision";
    case Command::kFolderSync:
      return "FolderSync";
    case Command::kSync:
      return "Sync";
    case Command::kPing:
      return "Ping";
  }
  return "";
}

Device::Device(DeviceIndex index, const DeviceConfig& config, DeviceEvents& events)
    : index_(index), config_(config), events_(events), tuner_(config.heartbeat), provisioned_(!config.provision) {}

std::span<Device::Folder> Device::watched() { return std::span(folders_).first(std::min(watch_limit_, folders_.size())); }

Device::Folder* Device::Find(std::string_view id) {
  const auto found = std::find_if(folders_.begin(), folders_.end(), [&](const Folder& folder) { return folder.listed.id == id; });
  return found == folders_.end() ? nullptr : &*found;
}

// ---- what to do next ----------------------------------------------------------------------------------------------------------------

Step Device::Next() {
  written_ = false;
  if (!provisioned_) return Send(Command::kProvision, ProvisionRequest(policy_key_), seconds(0));
  if (hierarchy_stale_) return Send(Command::kFolderSync, FolderSyncRequest(hierarchy_key_), seconds(0));
  const auto fresh = [](const Folder& folder) { return folder.key == "0"; };
  const auto behind = [](const Folder& folder) { return folder.behind; };
  if (std::ranges::any_of(watched(), fresh)) return SendSync(true);
  if (std::ranges::any_of(watched(), behind)) return SendSync(false);
  return SendPing();
}

Step Device::Send(Command command, std::string body, seconds time) {
  if (command != Command::kSync) repeating_ = false;
  command_ = command;
  return {.kind = Step::Kind::kSend, .command = command, .body = std::move(body), .time = time + config_.patience};
}

Step Device::SendSync(bool reset) {
  std::vector<SyncCollection> collections;
  for (const Folder& folder : watched()) {
    if (reset ? folder.key == "0" : folder.behind) collections.push_back({.id = folder.listed.id, .key = folder.key});
  }
  resetting_ = reset;
  return Send(Command::kSync, SyncRequest(collections), seconds(0));
}

Step Device::SendPing() {
  if (watched().empty()) return Stop("the folder list has no folder to watch (inbox, calendar, contacts, tasks)");
  std::vector<ListedFolder> folders;
  if (!told_folders_) {
    for (const Folder& folder : watched()) folders.push_back(folder.listed);
  }
  std::optional<seconds> heartbeat;
  if (told_heartbeat_ != tuner_.interval()) heartbeat = tuner_.interval();
  return Send(Command::kPing, PingRequest(heartbeat, folders), tuner_.interval());
}

Step Device::Stop(std::string why) { return {.kind = Step::Kind::kStop, .command = command_, .why = std::move(why)}; }

// Waits longer the more often in a row something went wrong, each device a little differently.
Step Device::Pause(std::optional<seconds> at_least, std::string why) {
  const std::uint32_t doublings = std::min(failures_++, std::uint32_t{16});
  const milliseconds most = config_.longest_wait;
  milliseconds wait = std::min(milliseconds(250) * (1 << doublings), most);
  wait = wait / 2 + wait * Jitter(index_, failures_) / 1000;
  if (at_least) wait = *at_least + milliseconds(Jitter(index_, failures_));
  return {.kind = Step::Kind::kWait, .command = command_, .time = wait, .why = std::move(why)};
}

void Device::TellWatched() {
  std::vector<std::string> ids;
  for (const Folder& folder : watched()) ids.push_back(folder.listed.id);
  events_.Watching(index_, ids);
  told_folders_ = false;
}

// ---- how it went --------------------------------------------------------------------------------------------------------------------

void Device::Written(Instant now) {
  written_ = true;
  if (command_ == Command::kSync && repeating_) return;  // what the first try may have moved counts from then
  repeating_ = command_ == Command::kSync;
  asked_ = now;
}

Step Device::Lost(Loss loss, Instant now) {
  // A link that breaks sooner than any interval tells of the server, not of how long an idle connection may live.
  const bool idle_cut = loss == Loss::kSilent || now - asked_ >= config_.heartbeat.minimum;
  if (command_ == Command::kPing && written_ && idle_cut) tuner_.Silent();
  if (command_ == Command::kPing && written_ && now - asked_ >= kWell) failures_ = 0;
  written_ = false;
  if (loss == Loss::kClosed) events_.Closed(index_, now);
  return Pause(std::nullopt, loss == Loss::kSilent ? "no answer" : "the connection was lost");
}

Step Device::Answered(const HttpReply& reply, Instant now) {
  written_ = false;
  if (reply.status != 200) return Refused(reply);
  switch (command_) {
    case Command::kProvision:
      return OnProvision(reply);
    case Command::kFolderSync:
      return OnFolderSync(reply);
    case Command::kSync:
      return OnSync(reply, now);
    case Command::kPing:
      break;
  }
  return OnPing(reply, now);
}

Step Device::Refused(const HttpReply& reply) {
  const std::string why = "HTTP " + std::to_string(reply.status) + " to " + std::string(Name(command_));
  if (reply.status == 449) {
    provisioned_ = false;
    policy_key_.clear();
    return failures_ == 0 ? (++failures_, Next()) : Pause(std::nullopt, why);
  }
  if (reply.status == 401) return Stop(why + ": wrong user or password (import the accounts that --print-passwd prints)");
  if (reply.status >= 500 && reply.status != 501) return Pause(reply.retry_after, why);
  return Stop(why + ": " + reply.body.substr(0, 200));
}

Step Device::OnProvision(const HttpReply& reply) {
  absl::StatusOr<ProvisionReply> answer = ReadProvision(reply.body);
  if (!answer.ok()) return Stop(std::string(answer.status().message()));
  if (answer->status != 1 || answer->policy_key.empty()) return Pause(std::nullopt, "Provision status " + std::to_string(answer->status));
  provisioned_ = !policy_key_.empty();  // the second answer carries the final key
  policy_key_ = std::move(answer->policy_key);
  return Next();
}

Step Device::OnFolderSync(const HttpReply& reply) {
  absl::StatusOr<FolderSyncReply> answer = ReadFolderSync(reply.body);
  if (!answer.ok()) return Stop(std::string(answer.status().message()));
  const std::string why = "FolderSync status " + std::to_string(answer->status);
  if (WantsProvision(answer->status)) {
    provisioned_ = false;
    policy_key_.clear();
    return failures_ == 0 ? (++failures_, Next()) : Pause(std::nullopt, why);
  }
  if (answer->status == 9) {
    hierarchy_key_ = "0";
    folders_.clear();
  }
  if (answer->status != 1) return Pause(std::nullopt, why);
  if (hierarchy_key_ == "0") folders_.clear();
  for (const std::string& id : answer->deleted) std::erase_if(folders_, [&](const Folder& folder) { return folder.listed.id == id; });
  for (ListedFolder& added : answer->added) {
    if (ClassOfType(added.type) == nullptr || Find(added.id) != nullptr) continue;
    // The inbox comes first: it is the last to go when the server allows few folders.
    const auto place = added.type == 2 ? folders_.begin() : folders_.end();
    folders_.insert(place, Folder{.listed = std::move(added)});
  }
  hierarchy_key_ = std::move(answer->key);
  hierarchy_stale_ = false;
  TellWatched();
  return Next();
}

bool Device::TakeCollection(const SyncReply::Collection& collection, Instant now) {
  Folder* folder = Find(collection.id);
  if (folder == nullptr) return false;
  if (collection.status == 3) {  // the server knows the key no more
    folder->key = "0";
    folder->behind = true;
    return false;
  }
  if (collection.status == 8 || collection.status == 12) hierarchy_stale_ = true;
  if (collection.status != 1 || collection.key.empty() || collection.key == "0") return false;
  folder->key = collection.key;
  if (resetting_ || collection.more) return true;
  folder->behind = false;
  events_.Synced(index_, folder->listed.id, asked_, now);
  return true;
}

Step Device::OnSync(const HttpReply& reply, Instant now) {
  repeating_ = false;
  if (reply.body.empty() && !resetting_) {  // nothing new in any of them
    for (Folder& folder : watched()) {
      if (!std::exchange(folder.behind, false)) continue;
      events_.Synced(index_, folder.listed.id, asked_, now);
    }
    return Next();
  }
  absl::StatusOr<SyncReply> answer = ReadSync(reply.body);
  if (!answer.ok()) return Stop(std::string(answer.status().message()));
  bool well = answer->status == 1;
  if (answer->status == 12) hierarchy_stale_ = true;
  for (const SyncReply::Collection& collection : answer->collections) well = TakeCollection(collection, now) && well;
  if (!well || answer->collections.empty()) return Pause(std::nullopt, "Sync status " + std::to_string(answer->status));
  return Next();
}

Step Device::OnPing(const HttpReply& reply, Instant now) {
  absl::StatusOr<PingReply> answer = ReadPing(reply.body);
  if (!answer.ok()) return Stop(std::string(answer.status().message()));
  const std::string why = "Ping status " + std::to_string(answer->status);
  switch (answer->status) {
    case 1:
      return OnExpired(now);
    case 2:
      return OnWoken(*answer, now);
    case 3:  // the server remembers nothing
      told_heartbeat_.reset();
      told_folders_ = false;
      break;
    case 5:
      if (answer->heartbeat > seconds(0)) tuner_.Bounded(answer->heartbeat);
      break;
    case 6:
      if (answer->max_folders > 0) watch_limit_ = static_cast<std::size_t>(answer->max_folders);
      TellWatched();
      break;
    case 7:
      hierarchy_stale_ = true;
      break;
    case 8:
      return Pause(reply.retry_after, why);
    default:
      return Stop(why);
  }
  // Each of these is answered by another request, at once; if that does not help either, ever more slowly.
  if (failures_ < 2) return ++failures_, Next();
  return Pause(std::nullopt, why);
}

Step Device::OnExpired(Instant now) {
  told_heartbeat_ = tuner_.interval();
  told_folders_ = true;
  if (now - asked_ + kRounding < tuner_.interval()) {  // another Ping of this device took its place
    tuner_.Woken();
    if (now - asked_ >= kWell) failures_ = 0;
    return Pause(std::nullopt, "Ping status 1 before its time");
  }
  failures_ = 0;
  tuner_.Expired();
  events_.Expired(index_, asked_, now);
  return Next();
}

Step Device::OnWoken(const PingReply& ping, Instant now) {
  told_heartbeat_ = tuner_.interval();
  told_folders_ = true;
  tuner_.Woken();
  events_.Woken(index_, ping.folders, now);
  bool known = false;
  for (const std::string& id : ping.folders) {
    if (Folder* folder = Find(id)) known = folder->behind = true;
  }
  if (!known) return Pause(std::nullopt, "Ping status 2 without a folder that the device has");
  failures_ = 0;
  return Next();
}

}  // namespace mailwake::fleet
