// SPDX-License-Identifier: Apache-2.0
//
// FaultDisk: a layer between SQLite and the file system that fails on demand and can lose power. Real files lie below.
//
// Threads:    any.
// Invariants: LosePower takes back, newest first, every write that no sync of its file has followed: the most that a disk may forget.
// Example:    FaultDisk::Install(); auto store = OpenSqliteStore(path); FaultDisk::Freeze(); store->reset(); FaultDisk::LosePower();

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_FAULT_DISK_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_FAULT_DISK_H_

namespace mailwake {

class FaultDisk {
 public:
  // Becomes what SQLite uses in this process, from the next open on.
  static void Install();

  // All writes answer `code` (SQLITE_FULL, SQLITE_IOERR_WRITE, ...); 0: they work again.
  static void FailWrites(int code);
  // The n-th write or sync from now on answers `code`, once. Counts from 1.
  static void FailWriteNumber(int n, int code);
  // False: the n-th has not come yet.
  static bool HasFailed();
  // The same for reads. SQLITE_IOERR_SHORT_READ: as if the file ended there.
  static void FailReadNumber(int n, int code);
  static bool ReadHasFailed();

  // From now on nothing reaches the files.
  static void Freeze();
  // Takes back what was not synced, and works again. REQUIRES: frozen; nothing is open.
  static void LosePower();

  // Syncs of files whose name ends in "-wal" so far.
  static int WalSyncs();
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_FAULT_DISK_H_
