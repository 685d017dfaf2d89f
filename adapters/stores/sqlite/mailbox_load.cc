// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/mailbox_load.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include "adapters/stores/sqlite/packed_cursors.h"
#include "adapters/stores/sqlite/remembered_folders.h"
#include "adapters/stores/sqlite/statement.h"

namespace mailwake {
namespace {

constexpr std::size_t kUsualFolders = 16;

constexpr const char* kMailbox = "SELECT declared, hierarchy FROM mailboxes WHERE mailbox = ?";
constexpr const char* kFolders =
    "SELECT folder, class, version, other, origin, host_version, declared, name, type, parent, position FROM folders"
    " WHERE mailbox = ? ORDER BY folder";
constexpr const char* kDevices =
    "SELECT device, last_seen, hierarchy_cursor, heartbeat, folders, cursors FROM devices WHERE mailbox = ? ORDER BY device";

absl::Status Damaged(const std::string& mailbox, const char* what) {
  return absl::DataLossError(absl::StrCat("the ", what, " of mailbox ", absl::CEscape(mailbox), " cannot be what mailwake wrote"));
}

bool IsClass(std::uint64_t number) { return number < kItemClasses || number == static_cast<std::uint64_t>(kUnknownClass); }

absl::Status LoadFolders(Connection& connection, const std::string& mailbox, MailboxRecord& record) {
  return connection.Kept(kFolders).ForEach(
      [&](const Row& row) {
        if (!IsClass(row.UInt(1))) return Damaged(mailbox, "folders");
        if (record.folders.empty()) record.folders.reserve(kUsualFolders);
        FolderRecord& folder = record.folders.emplace_back();
        folder.id = row.View(0);
        folder.item_class = static_cast<ItemClass>(row.Int(1));
        folder.version = row.UInt(2);
        folder.other = row.UInt(3);
        folder.origin = row.View(4);
        folder.host_version = row.UInt(5);
        folder.declared = row.Int(6) != 0;
        folder.name = row.View(7);
        folder.type = static_cast<int>(row.Int(8));
        folder.parent = row.View(9);
        folder.position = static_cast<std::uint32_t>(row.Int(10));
        return absl::OkStatus();
      },
      mailbox);
}

absl::Status LoadDevices(Connection& connection, const std::string& mailbox, MailboxRecord& record) {
  return connection.Kept(kDevices).ForEach(
      [&](const Row& row) {
        DeviceRecord& device = record.devices.emplace_back();
        device.id = row.View(0);
        device.last_seen = Time(Duration(row.Int(1)));
        if (!row.IsNull(2)) device.hierarchy_cursor = row.UInt(2);
        if (!row.IsNull(3)) device.heartbeat = std::chrono::seconds(row.Int(3));
        if (!row.IsNull(4)) {
          device.folders = DecodeFolders(row.View(4));
          if (!device.folders) return Damaged(mailbox, "devices");
        }
        if (!UnpackCursors(row.View(5), device.cursors)) return Damaged(mailbox, "cursors");
        return absl::OkStatus();
      },
      mailbox);
}

}  // namespace

absl::Status LoadMailbox(Connection& connection, const std::string& mailbox, MailboxRecord& record) {
  absl::Status status = connection.Kept(kMailbox).ForEach(
      [&record](const Row& row) {
        record.declared = row.Int(0) != 0;
        record.hierarchy = row.UInt(1);
        return absl::OkStatus();
      },
      mailbox);
  if (status.ok()) status = LoadFolders(connection, mailbox, record);
  if (status.ok()) status = LoadDevices(connection, mailbox, record);
  return status;
}

}  // namespace mailwake
