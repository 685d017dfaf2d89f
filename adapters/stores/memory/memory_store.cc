// SPDX-License-Identifier: Apache-2.0
//
// A Store over a MemoryDisk. Every call is done, and answered, before it returns; no lock is held while the callback runs.

#include "mailwake/adapters/memory_store.h"

#include <utility>

#include "adapters/stores/memory/memory_disk.h"

namespace mailwake {
namespace {

class MemoryStore : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)), opened_(disk_->Open()) {}

  OpenState opened() const override { return opened_; }

  void Load(std::string mailbox, LoadCallback done) override { done(disk_->Read(mailbox)); }

  void Commit(const WriteBatch& batch, DoneCallback done) override {
    disk_->Write(batch);
    done(absl::OkStatus());
  }

  void AgeOut(Time before, AgeOutCallback done) override { done(disk_->AgeOut(before)); }

 private:
  const std::shared_ptr<MemoryDisk> disk_;
  const OpenState opened_;
};

}  // namespace

std::shared_ptr<MemoryDisk> NewMemoryDisk() { return std::make_shared<MemoryDisk>(); }

std::unique_ptr<Store> NewMemoryStore(std::shared_ptr<MemoryDisk> disk) {
  return std::make_unique<MemoryStore>(disk ? std::move(disk) : NewMemoryDisk());
}

}  // namespace mailwake
