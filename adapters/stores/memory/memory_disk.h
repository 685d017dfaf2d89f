// SPDX-License-Identifier: Apache-2.0
//
// MemoryDisk: what survives a MemoryStore.
//
// Threads:    all calls from any thread; one lock.
// Cost:       Read copies one mailbox; Write O(what it names); an erased folder costs O(devices of the mailbox); AgeOut O(devices).

#ifndef MAILWAKE_ADAPTERS_STORES_MEMORY_MEMORY_DISK_H_
#define MAILWAKE_ADAPTERS_STORES_MEMORY_MEMORY_DISK_H_

#include <cstddef>
#include <map>
#include <string>

#include "mailwake/mutex.h"
#include "mailwake/store.h"

namespace mailwake {

class MemoryDisk {
 public:
  // Reserves the next kVersionBlock versions, as every opening of a store must.
  OpenState Open();
  MailboxRecord Read(const std::string& mailbox) const;
  void Write(const WriteBatch& batch);
  std::size_t AgeOut(Time before);

 private:
  struct Device {
    DeviceRecord record;  // without cursors
    std::map<std::string, Version> cursors;
  };
  struct Mailbox {
    bool declared = false;
    Version hierarchy = 0;
    std::map<std::string, FolderRecord> folders;
    std::map<std::string, Device> devices;
  };

  static void Apply(const MailboxWrite& write, Mailbox& mailbox);
  static void Apply(const MailboxWrite::DeviceWrite& write, Mailbox& mailbox);

  mutable Mutex mutex_;
  Version ceiling_ ABSL_GUARDED_BY(mutex_) = 0;
  Version suspect_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Mailbox> mailboxes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_MEMORY_MEMORY_DISK_H_
