// SPDX-License-Identifier: Apache-2.0

#include "engine/src/device_table.h"

#include "engine/src/check.h"
#include "engine/src/id_hash.h"

namespace mailwake {

DeviceNumber DeviceTable::Find(std::string_view id) const {
  const std::uint32_t hash = IdHash(id);
  for (DeviceNumber number = 0; number < hashes_.size(); ++number) {
    if (hashes_[number] == hash && devices_[number].id == id) return number;
  }
  return kNoDevice;
}

DeviceNumber DeviceTable::Create(std::string_view id) {
  MAILWAKE_CHECK(devices_.size() < kNoDevice);
  hashes_.push_back(IdHash(id));
  devices_.emplace_back().id = id;
  return static_cast<DeviceNumber>(devices_.size() - 1);
}

}  // namespace mailwake
