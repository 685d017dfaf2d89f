// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/front_state_rows.h"

#include <memory>
#include <utility>

namespace mailwake {
namespace {

constexpr const char* kLoad = "SELECT value FROM front_state WHERE front = ? AND mailbox = ? AND device = ?";

}  // namespace

FrontStateRows::FrontStateRows(Connection& connection, StoreThreads& threads)
    : threads_(threads),
      save_(connection, "REPLACE INTO front_state VALUES (?, ?, ?, ?)"),
      erase_(connection, "DELETE FROM front_state WHERE front = ? AND mailbox = ? AND device = ?") {}

void FrontStateRows::Load(FrontStateKey key, LoadCallback done) {
  auto value = std::make_shared<std::string>();
  threads_.Read(
      {},
      [key = std::move(key), value](Connection& reader, const std::string&) {
        return reader.Kept(kLoad).ForEach([&](const Row& row) { return *value = row.Text(0), absl::OkStatus(); }, key.front, key.mailbox,
                                          key.device);
      },
      [value, done = std::move(done)](const absl::Status& status) mutable {
        if (!status.ok()) return done(status);
        done(std::move(*value));
      });
}

void FrontStateRows::Save(FrontStateKey key, std::string value, DoneCallback done) {
  threads_.Write(
      [this, key = std::move(key), value = std::move(value)] {
        return value.empty() ? erase_.Run(key.front, key.mailbox, key.device) : save_.Run(key.front, key.mailbox, key.device, Blob{value});
      },
      std::move(done));
}

}  // namespace mailwake
