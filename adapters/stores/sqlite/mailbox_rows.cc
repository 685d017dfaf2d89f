// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/mailbox_rows.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "adapters/stores/sqlite/packed_cursors.h"
#include "adapters/stores/sqlite/remembered_folders.h"
#include "engine/src/plant.h"

namespace mailwake {
namespace {

absl::Status Damaged(const std::string& mailbox) {
  return absl::DataLossError(absl::StrCat("the cursors of mailbox ", absl::CEscape(mailbox), " cannot be what mailwake wrote"));
}

std::span<const CursorRecord> Span(const Reused<CursorRecord>& cursors) { return {cursors.begin(), cursors.end()}; }

bool Resets(const DeviceRecord& record) {
  return std::ranges::any_of(Span(record.cursors), [](const CursorRecord& cursor) { return cursor.cursor == 0; });
}

std::optional<std::string> Encode(const std::optional<std::vector<RememberedFolder>>& folders) {
  if (!folders) return std::nullopt;
  return EncodeFolders(*folders);
}

std::optional<Blob> AsBlob(const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  return Blob{*bytes};
}

std::optional<std::chrono::seconds::rep> Seconds(const std::optional<std::chrono::seconds>& heartbeat) {
  if (!heartbeat) return std::nullopt;
  return heartbeat->count();
}

}  // namespace

MailboxRows::MailboxRows(Connection& connection)
    : connection_(connection),
      // max() of SQLite compares signed; versions stay below 2^63 at a million a second for 290,000 years.
      raise_(connection, "UPDATE meta SET ceiling = max(ceiling, ?), suspect = max(suspect, ?)"),
      set_mailbox_(connection, "REPLACE INTO mailboxes VALUES (?, ?, ?)"),
      set_folder_(connection, "REPLACE INTO folders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      find_cursors_(connection, "SELECT cursors FROM devices WHERE mailbox = ? AND device = ?"),
      find_all_cursors_(connection, "SELECT device, cursors FROM devices WHERE mailbox = ?"),
      set_device_(connection, "REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)"),
      set_cursors_(connection, "UPDATE devices SET cursors = ?3 WHERE mailbox = ?1 AND device = ?2"),
      erase_folder_(connection, "DELETE FROM folders WHERE mailbox = ? AND folder = ?"),
      erase_device_(connection, "DELETE FROM devices WHERE mailbox = ? AND device = ?"),
      erase_device_state_(connection, "DELETE FROM front_state WHERE mailbox = ? AND device = ? AND front <> 'blocked'"),
      // A row without a device is of a mailbox, and stays.
      erase_orphans_(connection,
                     "DELETE FROM front_state WHERE device <> '' AND front <> 'blocked' AND NOT EXISTS (SELECT 1 FROM devices WHERE"
                     " devices.mailbox = front_state.mailbox AND devices.device = front_state.device)"),
      find_old_devices_(connection, "SELECT mailbox, device FROM devices WHERE last_seen < ?") {}

absl::StatusOr<OpenState> MailboxRows::Open(bool reserve) {
  OpenState state;
  absl::Status status = Statement(connection_, "SELECT ceiling, suspect FROM meta").ForEach([&state](const Row& row) {
    state.ceiling = row.UInt(0);
    state.suspect = row.UInt(1);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  state.first_version = std::max<Version>(state.ceiling, 1);
  if (!reserve) return state;
  state.ceiling = state.first_version + kVersionBlock;
  status = raise_.Run(state.ceiling, 0);
  if (!status.ok()) return status;
  return state;
}

absl::Status MailboxRows::Apply(const WriteBatch& batch) {
  if (batch.ceiling != 0 || batch.suspect != 0) {
    absl::Status status = raise_.Run(batch.ceiling, batch.suspect);
    if (!status.ok()) return status;
  }
  for (const MailboxWrite& write : batch.mailboxes) {
    absl::Status status = Apply(write);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MailboxRows::Apply(const MailboxWrite& write) {
  absl::Status status;
  if (write.hierarchy) status = set_mailbox_.Run(write.mailbox, write.hierarchy->declared, write.hierarchy->version);
  if (status.ok() && !write.erased_folders.empty()) status = EraseFolders(write.mailbox, write.erased_folders);
  for (const FolderRecord& folder : write.folders) {
    if (status.ok()) status = Apply(write.mailbox, folder);
  }
  for (const MailboxWrite::DeviceWrite& device : write.devices) {
    if (status.ok()) status = Apply(write.mailbox, device);
  }
  return status;
}

absl::Status MailboxRows::Apply(const std::string& mailbox, const FolderRecord& folder) {
  return set_folder_.Run(mailbox, folder.id, static_cast<int>(folder.item_class), folder.version,
                         Planted(Plant::kSqliteForgetsOther) ? folder.version : folder.other, folder.origin, folder.host_version,
                         folder.declared, folder.name, folder.type, folder.parent, folder.position);
}

absl::Status MailboxRows::Apply(const std::string& mailbox, const MailboxWrite::DeviceWrite& write) {
  const DeviceRecord& record = write.record;
  if (write.erase) return EraseDevice(mailbox, record.id);
  bool known = false;
  std::optional<std::string> cursors;
  absl::Status status = find_cursors_.ForEach(
      [&](const Row& row) {
        known = true;
        cursors = MergeCursors(row.View(0), Span(record.cursors));
        return cursors ? absl::OkStatus() : Damaged(mailbox);
      },
      mailbox, record.id);
  if (!status.ok()) return status;
  if (known && write.cursors_only && Planted(Plant::kSqliteLosesCursors)) return absl::OkStatus();
  if (known && Planted(Plant::kSqliteKeepsReset) && Resets(record)) return absl::OkStatus();
  if (known && write.cursors_only) return set_cursors_.Run(mailbox, record.id, Blob{*cursors});
  if (!known) cursors = MergeCursors({}, Span(record.cursors));
  const std::optional<std::string> folders = Encode(record.folders);
  return set_device_.Run(mailbox, record.id, record.last_seen.time_since_epoch().count(), record.hierarchy_cursor,
                         Seconds(record.heartbeat), AsBlob(folders), Blob{*cursors});
}

absl::Status MailboxRows::EraseFolders(const std::string& mailbox, const std::vector<std::string>& folders) {
  absl::Status status;
  std::vector<CursorRecord> none;
  for (const std::string& folder : folders) {
    if (status.ok()) status = erase_folder_.Run(mailbox, folder);
    none.push_back({.folder = folder, .cursor = 0});
  }
  std::vector<std::pair<std::string, std::string>> left;
  if (status.ok()) {
    status = find_all_cursors_.ForEach(
        [&](const Row& row) {
          std::optional<std::string> cursors = MergeCursors(row.View(1), none);
          if (!cursors) return Damaged(mailbox);
          if (*cursors != row.View(1)) left.emplace_back(row.Text(0), *std::move(cursors));
          return absl::OkStatus();
        },
        mailbox);
  }
  for (const auto& [device, cursors] : left) {
    if (status.ok()) status = set_cursors_.Run(mailbox, device, Blob{cursors});
  }
  return status;
}

absl::Status MailboxRows::EraseDevice(const std::string& mailbox, const std::string& device) {
  absl::Status status = erase_device_.Run(mailbox, device);
  if (status.ok()) status = erase_device_state_.Run(mailbox, device);
  return status;
}

absl::StatusOr<std::size_t> MailboxRows::AgeOut(Time before) {
  std::vector<std::pair<std::string, std::string>> old;
  absl::Status status = find_old_devices_.ForEach(
      [&old](const Row& row) {
        old.emplace_back(row.Text(0), row.Text(1));
        return absl::OkStatus();
      },
      before.time_since_epoch().count());
  for (const auto& [mailbox, device] : old) {
    if (status.ok()) status = EraseDevice(mailbox, device);
  }
  if (status.ok()) status = erase_orphans_.Run();
  if (!status.ok()) return status;
  return old.size();
}

}  // namespace mailwake
