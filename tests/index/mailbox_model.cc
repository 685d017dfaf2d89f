// SPDX-License-Identifier: Apache-2.0

#include "tests/index/mailbox_model.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>

namespace mailwake::testing {
namespace {

constexpr std::size_t kIds = 1'000;
constexpr std::string_view kFolder = "folder-";

std::vector<std::string> Ids(std::string_view prefix) {
  std::vector<std::string> ids;
  for (std::size_t number = 0; number < kIds; ++number) ids.push_back(absl::StrCat(std::string(prefix), number));
  return ids;
}

}  // namespace

const std::string& DeviceId(DeviceIndex device) {
  static const std::vector<std::string> ids = Ids("device-");
  return ids[static_cast<std::size_t>(device)];
}

const std::string& FolderId(Number folder) {
  static const std::vector<std::string> ids = Ids(kFolder);
  return ids[folder];
}

std::optional<Number> FolderOf(std::string_view id) {
  int number = 0;
  if (!id.starts_with(kFolder)) return std::nullopt;
  id.remove_prefix(kFolder.size());
  if (!absl::SimpleAtoi(absl::string_view(id.data(), id.size()), &number)) return std::nullopt;
  if (number < 0 || number > std::numeric_limits<Number>::max()) return std::nullopt;
  return static_cast<Number>(number);
}

ItemClass ClassOf(Number folder) { return static_cast<ItemClass>(folder % kItemClasses); }

bool PingModel::Watches(Number folder) const { return std::find(folders.begin(), folders.end(), folder) != folders.end(); }

MailboxModel::MailboxModel(std::string name, std::size_t folder_count, std::size_t device_count)
    : id(std::move(name)), folders(folder_count), devices(device_count), changes_(folder_count) {
  for (DeviceModel& device : devices) device.cursors.resize(folder_count);
}

void MailboxModel::Change(Number folder, DeviceIndex by) {
  std::vector<Made>& made = changes_[folder];
  std::erase_if(made, [by](const Made& change) { return change.by == by; });
  made.push_back({++sequence_, by});
}

bool MailboxModel::Behind(DeviceIndex device, Number folder) const {
  const std::vector<Made>& made = changes_[folder];
  for (auto change = made.rbegin(); change != made.rend(); ++change) {
    if (change->by != device) return change->at > devices[static_cast<std::size_t>(device)].cursors[folder];
  }
  return false;
}

bool MailboxModel::Behind(const PingModel& ping) const {
  return std::any_of(ping.folders.begin(), ping.folders.end(), [&](Number folder) { return Behind(ping.device, folder); });
}

std::vector<Number> MailboxModel::BehindIn(DeviceIndex device, const std::vector<Number>& of) const {
  std::vector<Number> behind;
  std::copy_if(of.begin(), of.end(), std::back_inserter(behind), [&](Number folder) { return Behind(device, folder); });
  return behind;
}

void MailboxModel::Synced(DeviceIndex device, Sequence ticket, const std::vector<Number>& of) {
  DeviceModel& synced = devices[static_cast<std::size_t>(device)];
  for (const Number folder : of) {
    synced.cursors[folder] = std::max(synced.cursors[folder], ticket);
    if (EverChanged(folder)) synced.told = 0;
  }
}

void MailboxModel::Enter(PingModel& ping) {
  ping.place = waiting.size();
  waiting.push_back(&ping);
  devices[static_cast<std::size_t>(ping.device)].waiting(ping.kind) = &ping;
}

void MailboxModel::Leave(PingModel& ping) {
  waiting[ping.place] = waiting.back();
  waiting[ping.place]->place = ping.place;
  waiting.pop_back();
  devices[static_cast<std::size_t>(ping.device)].waiting(ping.kind) = nullptr;
}

}  // namespace mailwake::testing
