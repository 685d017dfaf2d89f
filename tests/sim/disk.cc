// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/disk.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace mailwake::sim {
namespace {

class OpenMemory final : public OpenDisk {
 public:
  OpenMemory(std::unique_ptr<Store> store, FrontState& state) : store_(std::move(store)), state_(state) {}
  Store& store() override { return *store_; }
  FrontState& state() override { return state_; }
  bool threaded() const override { return false; }

 private:
  std::unique_ptr<Store> store_;
  FrontState& state_;
};

class OpenSqlite final : public OpenDisk {
 public:
  explicit OpenSqlite(std::unique_ptr<SqliteStore> store) : store_(std::move(store)) {}
  Store& store() override { return *store_; }
  FrontState& state() override { return store_->front_state(); }
  bool threaded() const override { return true; }

 private:
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace

Disk::Disk(bool sqlite) {
  if (!sqlite) {
    memory_ = NewMemoryDisk();
    state_ = NewMemoryFrontState();
    return;
  }
  // The power that fails here is simulated: what a real disk takes for its syncs proves nothing.
  const std::filesystem::path quick = "/dev/shm";
  std::string pattern =
      ((access(quick.c_str(), W_OK) == 0 ? quick : std::filesystem::temp_directory_path()) / "mailwake-sim-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    std::perror("mailwake-sim: no temporary directory");
    std::exit(2);
  }
  directory_ = pattern;
}

Disk::~Disk() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::unique_ptr<OpenDisk> Disk::Open() {
  if (memory_) return std::make_unique<OpenMemory>(NewMemoryStore(memory_), *state_);
  auto store = OpenSqliteStore(directory_ + "/sim.db");
  if (!store.ok()) {
    std::fprintf(stderr, "mailwake-sim: %s\n", store.status().ToString().c_str());
    std::exit(2);
  }
  return std::make_unique<OpenSqlite>(*std::move(store));
}

}  // namespace mailwake::sim
