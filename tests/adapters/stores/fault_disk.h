// SPDX-License-Identifier: Apache-2.0
//
// FaultDisk: a layer between SQLite and the file system that fails on demand (DiskFaults), can lose power, and can write down what
// reaches the disk. Real files lie below.
//
// Threads:    any.
// Invariants: LosePower takes back, newest first, every write that no sync of its file has followed: the most that a disk may forget.
// Example:    FaultDisk::Install(); auto store = OpenSqliteStore(path); FaultDisk::Freeze(); store->reset(); FaultDisk::LosePower();

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_FAULT_DISK_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_FAULT_DISK_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tests/adapters/stores/disk_faults.h"

namespace mailwake {

// What a full disk refuses.
inline constexpr std::initializer_list<DiskCall> kDiskWrites = {DiskCall::kWrite, DiskCall::kTruncate, DiskCall::kSync};

struct DiskStep {
  enum Kind { kWrite, kTruncate, kSync, kDelete };
  Kind kind;
  std::string path;
  long long offset;  // kTruncate: the size
  std::string bytes;
};

class FaultDisk {
 public:
  // Becomes what SQLite uses in this process, from the next open on.
  static void Install();

  // All writes and syncs answer `code` (SQLITE_FULL, SQLITE_IOERR_WRITE, ...); 0: they work again, and so does all else.
  static void FailWrites(int code);

  // Begins to write down what reaches the disk, and gives it.
  static void Record();
  static std::size_t Recorded();  // steps so far
  static std::vector<DiskStep> TakeRecord();

  // From now on nothing reaches the files.
  static void Freeze();
  // Takes back what was not synced, and works again. REQUIRES: frozen; nothing is open.
  static void LosePower();

  // Syncs of files whose name ends in "-wal" so far.
  static int WalSyncs();
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_FAULT_DISK_H_
