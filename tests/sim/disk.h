// SPDX-License-Identifier: Apache-2.0
//
// Disk: what survives a simulated server: a real memory store's disk, or a real SQLite file in a directory of its own.
//
// Threads:    one thread; a SQLite store has its own, and every call of it is waited for, so that a seed stays one history.
// Example:    Disk disk(true); auto opened = disk.Open(); Engine::Create({}, opened->store());

#ifndef MAILWAKE_TESTS_SIM_DISK_H_
#define MAILWAKE_TESTS_SIM_DISK_H_

#include <memory>
#include <string>

#include "mailwake/adapters/front_state.h"
#include "mailwake/adapters/memory_store.h"
#include "mailwake/adapters/sqlite_store.h"
#include "mailwake/store.h"

namespace mailwake::sim {

// A store on a disk and the front ends' state beside it.
class OpenDisk {
 public:
  virtual ~OpenDisk() = default;
  virtual Store& store() = 0;
  virtual FrontState& state() = 0;
  // It answers on a thread of its own.
  virtual bool threaded() const = 0;
};

class Disk {
 public:
  explicit Disk(bool sqlite);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Dies if the file cannot be opened. REQUIRES: what was opened before is gone.
  std::unique_ptr<OpenDisk> Open();

 private:
  std::shared_ptr<MemoryDisk> memory_;
  std::unique_ptr<FrontState> state_;
  std::string directory_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_DISK_H_
