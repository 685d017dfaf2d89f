// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/device_queue.h"

#include <utility>

namespace mailwake::eas {

bool DeviceQueue::Run(const std::string& device, Work work) {
  {
    const MutexLock lock(table_->mutex);
    const auto [it, first] = table_->waiting.try_emplace(device);
    if (!first) {
      if (it->second.size() >= most_) return false;
      it->second.push_back(std::move(work));
      return true;
    }
  }
  work(MakeTurn(table_, device));
  return true;
}

DeviceQueue::Turn DeviceQueue::MakeTurn(std::shared_ptr<Table> table, std::string device) {
  // The value is of no use; its end is what counts.
  static char token;
  return Turn(static_cast<void*>(&token), [table = std::move(table), device = std::move(device)](void*) { EndTurn(table, device); });
}

void DeviceQueue::EndTurn(const std::shared_ptr<Table>& table, const std::string& device) {
  Work next;
  {
    const MutexLock lock(table->mutex);
    const auto it = table->waiting.find(device);
    if (it->second.empty()) {
      table->waiting.erase(it);
      return;
    }
    next = std::move(it->second.front());
    it->second.pop_front();
  }
  next(MakeTurn(table, device));
}

}  // namespace mailwake::eas
