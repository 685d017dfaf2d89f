// SPDX-License-Identifier: Apache-2.0

#include "tests/adapters/stores/disk_faults.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mailwake {
namespace {

static_assert(std::atomic<int>::is_always_lock_free, "processes share them");

std::atomic<DiskFaults*>& Current() {
  static std::atomic<DiskFaults*> current = new DiskFaults;
  return current;
}

unsigned Bit(DiskCall call) { return 1U << static_cast<unsigned>(call); }

}  // namespace

DiskFaults& DiskFaults::Here() { return *Current(); }

DiskFaults& DiskFaults::Share(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* mapped = MAP_FAILED;
  if (file >= 0 && ftruncate(file, sizeof(DiskFaults)) == 0) {
    mapped = mmap(nullptr, sizeof(DiskFaults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (mapped == MAP_FAILED) {
    std::perror(path.c_str());
    std::abort();
  }
  close(file);
  return *static_cast<DiskFaults*>(mapped);
}

void DiskFaults::Adopt(DiskFaults& faults) { Current() = &faults; }

void DiskFaults::Arm(const DiskFault& fault) {
  Heal();
  struck_ = false;
  left_ = fault.n;
  code_ = fault.code;
  sticky_ = fault.sticky;
  unsigned calls = 0;
  for (const DiskCall call : fault.calls) calls |= Bit(call);
  calls_ = calls;
}

void DiskFaults::Heal() { calls_ = 0; }

int DiskFaults::Ask(DiskCall call) {
  ++counts_[static_cast<std::size_t>(call)];
  if ((calls_ & Bit(call)) == 0) return 0;
  const int left = --left_;
  if (left > 0 || (left < 0 && !sticky_)) return 0;
  struck_ = true;
  return code_;
}

}  // namespace mailwake
