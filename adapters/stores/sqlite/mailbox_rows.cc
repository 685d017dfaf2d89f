// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/mailbox_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "adapters/stores/sqlite/remembered_folders.h"

namespace mailwake {
namespace {

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
      set_device_(connection, "REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?)"),
      create_device_(connection, "INSERT OR IGNORE INTO devices VALUES (?, ?, ?, ?, ?, ?)"),
      set_cursor_(connection, "REPLACE INTO cursors VALUES (?, ?, ?, ?)"),
      erase_folder_(connection, "DELETE FROM folders WHERE mailbox = ? AND folder = ?"),
      erase_folder_cursors_(connection, "DELETE FROM cursors WHERE mailbox = ? AND folder = ?"),
      erase_device_(connection, "DELETE FROM devices WHERE mailbox = ? AND device = ?"),
      erase_device_cursors_(connection, "DELETE FROM cursors WHERE mailbox = ? AND device = ?"),
      erase_cursor_(connection, "DELETE FROM cursors WHERE mailbox = ? AND device = ? AND folder = ?"),
      erase_device_state_(connection, "DELETE FROM front_state WHERE mailbox = ? AND device = ?"),
      // A row without a device is of a mailbox, and stays.
      erase_orphans_(connection,
                     "DELETE FROM front_state WHERE device <> '' AND NOT EXISTS (SELECT 1 FROM devices WHERE"
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
  for (const std::string& folder : write.erased_folders) {
    if (status.ok()) status = erase_folder_.Run(write.mailbox, folder);
    if (status.ok()) status = erase_folder_cursors_.Run(write.mailbox, folder);
  }
  for (const FolderRecord& folder : write.folders) {
    if (status.ok()) status = Apply(write.mailbox, folder);
  }
  for (const MailboxWrite::DeviceWrite& device : write.devices) {
    if (status.ok()) status = Apply(write.mailbox, device);
  }
  return status;
}

absl::Status MailboxRows::Apply(const std::string& mailbox, const FolderRecord& folder) {
  return set_folder_.Run(mailbox, folder.id, static_cast<int>(folder.item_class), folder.version, folder.other, folder.origin,
                         folder.host_version, folder.declared, folder.name, folder.type, folder.parent, folder.position);
}

absl::Status MailboxRows::Apply(const std::string& mailbox, const MailboxWrite::DeviceWrite& write) {
  const DeviceRecord& record = write.record;
  if (write.erase) return EraseDevice(mailbox, record.id);
  const std::optional<std::string> folders = Encode(record.folders);
  Statement& set = write.cursors_only ? create_device_ : set_device_;
  absl::Status status = set.Run(mailbox, record.id, record.last_seen.time_since_epoch().count(), record.hierarchy_cursor,
                                Seconds(record.heartbeat), AsBlob(folders));
  for (const CursorRecord& cursor : record.cursors) {
    if (!status.ok()) return status;
    status = cursor.cursor == 0 ? erase_cursor_.Run(mailbox, record.id, cursor.folder)
                                : set_cursor_.Run(mailbox, record.id, cursor.folder, cursor.cursor);
  }
  return status;
}

absl::Status MailboxRows::EraseDevice(const std::string& mailbox, const std::string& device) {
  absl::Status status = erase_device_.Run(mailbox, device);
  if (status.ok()) status = erase_device_cursors_.Run(mailbox, device);
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
