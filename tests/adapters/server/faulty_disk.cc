// SPDX-License-Identifier: Apache-2.0
//
// What makes the program `mailwake-faulty` out of `mailwake`: below its store lies a FaultDisk, on which fails what the file says that
// MAILWAKE_DISK_FAULTS names (DiskFaults::Share).

#include <cstdlib>

#include "tests/adapters/stores/fault_disk.h"

namespace {

[[maybe_unused]] const bool kInstalled = [] {
  if (const char* path = std::getenv("MAILWAKE_DISK_FAULTS")) mailwake::DiskFaults::Adopt(mailwake::DiskFaults::Share(path));
  mailwake::FaultDisk::Install();
  return true;
}();

}  // namespace
