// SPDX-License-Identifier: Apache-2.0
//
// A store in memory. Durable as far as its MemoryDisk lives: several stores opened on one disk after each other are restarts of one server,
// which is what tests and simulations use it for.
//
// Threads:    all calls from any thread; callbacks run inside the call.
// Example:    auto disk = std::make_shared<MemoryDisk>(); auto store = NewMemoryStore(disk);

#ifndef MAILWAKE_ADAPTERS_MEMORY_STORE_H_
#define MAILWAKE_ADAPTERS_MEMORY_STORE_H_

#include <memory>

#include "mailwake/store.h"

namespace mailwake {

// What survives a store. Opaque.
class MemoryDisk;
std::shared_ptr<MemoryDisk> NewMemoryDisk();

// On a disk of its own if none is given.
std::unique_ptr<Store> NewMemoryStore(std::shared_ptr<MemoryDisk> disk = nullptr);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_MEMORY_STORE_H_
