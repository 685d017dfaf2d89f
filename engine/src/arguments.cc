// SPDX-License-Identifier: Apache-2.0

#include "engine/src/arguments.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <string>

namespace mailwake {
namespace {

std::string Quoted(std::string_view text) { return absl::StrCat("\"", std::string(text.substr(0, 80)), "\""); }

}  // namespace

absl::Status WrongId(std::string_view what, std::string_view id, std::size_t most) {
  if (id.empty()) return absl::InvalidArgumentError(absl::StrCat("the ", std::string(what), " is empty"));
  return absl::InvalidArgumentError(absl::StrCat("the ", std::string(what), " ", Quoted(id), " is longer than ", most, " bytes"));
}

absl::Status CheckChange(const Change& change) {
  absl::Status status = CheckId("mailbox", change.mailbox, kMaxMailboxBytes);
  status.Update(CheckId("folder", change.folder, kMaxIdBytes));
  if (!change.device.empty()) status.Update(CheckId("device", change.device, kMaxDeviceBytes));
  if (static_cast<std::size_t>(change.item_class) >= kItemClasses)
    status.Update(absl::InvalidArgumentError("the class is none that there is"));
  if (static_cast<std::size_t>(change.kind) >= kChangeKinds) status.Update(absl::InvalidArgumentError("the kind is none that there is"));
  return status;
}

absl::Status CheckFolders(const std::vector<DeclaredFolder>& folders, std::size_t most) {
  if (folders.size() > most)
    return absl::InvalidArgumentError(absl::StrCat("a mailbox may have ", most, " folders, the list has ", folders.size()));
  std::vector<std::string_view> ids;
  for (const DeclaredFolder& folder : folders) {
    if (absl::Status status = CheckId("folder", folder.id, kMaxIdBytes); !status.ok()) return status;
    if (static_cast<std::size_t>(folder.item_class) >= kItemClasses) return absl::InvalidArgumentError("the class is none that there is");
    ids.push_back(folder.id);
  }
  std::sort(ids.begin(), ids.end());
  const auto twice = std::adjacent_find(ids.begin(), ids.end());
  if (twice != ids.end()) return absl::InvalidArgumentError(absl::StrCat("the folder ", Quoted(*twice), " stands twice in the list"));
  return absl::OkStatus();
}

absl::Status CheckOptions(const Options& options) {
  if (options.heartbeat_min.count() < 1) return absl::InvalidArgumentError("heartbeat_min must be at least 1 s");
  if (options.heartbeat_min > options.heartbeat_max) return absl::InvalidArgumentError("heartbeat_min must not exceed heartbeat_max");
  if (options.heartbeat_max > std::chrono::hours(24)) return absl::InvalidArgumentError("heartbeat_max must be at most 24 h");
  if (!std::has_single_bit(options.shards) || options.shards > 64)
    return absl::InvalidArgumentError("shards must be a power of two up to 64");
  if (options.limits.devices_per_mailbox > 5'000'000)
    return absl::InvalidArgumentError("limits.devices_per_mailbox must be at most 5 million");
  if (options.age_out < std::chrono::hours(1) || options.age_out > std::chrono::hours(24 * 36'525))
    return absl::InvalidArgumentError("age_out must be from 1 h to 100 years");
  if (options.retry_after.count() < 0) return absl::InvalidArgumentError("retry_after must not be negative");
  for (const Duration window : options.coalesce) {
    if (window.count() < 0 || window > std::chrono::hours(1))
      return absl::InvalidArgumentError("a coalescing window must be from 0 to 1 h");
  }
  return absl::OkStatus();
}

}  // namespace mailwake
