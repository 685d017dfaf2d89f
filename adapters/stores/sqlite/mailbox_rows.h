// SPDX-License-Identifier: Apache-2.0
//
// MailboxRows: what the Store port writes, as rows.
//
// Threads:    as the connection.
// Cost:       AgeOut: one scan over all devices, one over all front-end states.
//             A device that is erased, or aged out, takes what front ends remember of it along; AgeOut also takes what is left of devices
//             that are not there (a login that never came to a PING or a sync).
// Invariants: Apply and AgeOut only make sense inside Connection::Write.

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_MAILBOX_ROWS_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_MAILBOX_ROWS_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "adapters/stores/sqlite/statement.h"
#include "mailwake/store.h"

namespace mailwake {

class MailboxRows {
 public:
  explicit MailboxRows(Connection& connection);

  // What the store holds when it opens. `reserve`: raises the ceiling by a block, for whoever gives out versions.
  absl::StatusOr<OpenState> Open(bool reserve);

  absl::Status Apply(const WriteBatch& batch);
  absl::StatusOr<std::size_t> AgeOut(Time before);

 private:
  absl::Status Apply(const MailboxWrite& write);
  absl::Status Apply(const std::string& mailbox, const FolderRecord& folder);
  absl::Status Apply(const std::string& mailbox, const MailboxWrite::DeviceWrite& write);
  absl::Status EraseFolders(const std::string& mailbox, const std::vector<std::string>& folders);
  absl::Status EraseDevice(const std::string& mailbox, const std::string& device);

  Connection& connection_;
  Statement raise_;
  Statement set_mailbox_, set_folder_, find_cursors_, find_all_cursors_, set_device_, set_cursors_;
  Statement erase_folder_, erase_device_, erase_device_state_, erase_orphans_;
  Statement find_old_devices_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_MAILBOX_ROWS_H_
