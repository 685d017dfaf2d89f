// SPDX-License-Identifier: Apache-2.0
//
// DiskFaults: which call to the disk fails, with what; and how many calls of each kind there were. FaultDisk asks it at each.
//
// Threads:    any, and any process that maps the same file (Share).
// Invariants: a fault that was armed strikes at the n-th call of its kinds, counted from Arm: that one, or that one and all that follow.
// Example:    DiskFaults::Here().Arm({.calls = {DiskCall::kSync}, .n = 3, .code = SQLITE_IOERR_FSYNC}); ... EXPECT_TRUE(...struck());

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_DISK_FAULTS_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_DISK_FAULTS_H_

#include <array>
#include <atomic>
#include <initializer_list>
#include <string>
#include <vector>

namespace mailwake {

enum class DiskCall { kOpen, kDelete, kAccess, kRead, kWrite, kTruncate, kSync, kFileSize, kLock, kShmMap, kShmLock };
inline constexpr std::size_t kDiskCalls = 11;

struct DiskFault {
  std::vector<DiskCall> calls;
  int n = 1;  // counts from 1
  int code = 0;
  bool sticky = false;
};

class DiskFaults {
 public:
  // Of this process.
  static DiskFaults& Here();
  // A mapping of `path`, made if it is not there. Those of one file are one; Adopt makes it that of this process. Never unmapped.
  static DiskFaults& Share(const std::string& path);
  static void Adopt(DiskFaults& faults);

  void Arm(const DiskFault& fault);
  void Heal();
  // Since the last Arm.
  bool struck() const { return struck_; }
  int count(DiskCall call) const { return counts_[static_cast<std::size_t>(call)]; }

  // What this call must answer; 0: it goes through.
  int Ask(DiskCall call);

 private:
  // All zero: nothing is armed, as in a file that was just made.
  std::atomic<unsigned> calls_{0};
  std::atomic<int> left_{0};  // until it strikes
  std::atomic<int> code_{0};
  std::atomic<bool> sticky_{false};
  std::atomic<bool> struck_{false};
  std::array<std::atomic<int>, kDiskCalls> counts_{};
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_DISK_FAULTS_H_
