// SPDX-License-Identifier: Apache-2.0

#include "engine/src/device_table.h"

#include "engine/src/check.h"
#include "engine/src/id_hash.h"

namespace mailwake {

DeviceNumber DeviceTable::Find(std::string_view id) const {
  const std::uint32_t hash = IdHash(id);
  for (DeviceNumber number = 0; number < devices_.size(); ++number) {
    if (devices_[number].hash == hash && devices_[number].id.view() == id) return number;
  }
  return kNoDevice;
}

DeviceNumber DeviceTable::Create(std::string_view id) {
  MAILWAKE_CHECK(devices_.size() < kNoDevice);
  devices_.emplace_back(Device{PackedText(id), IdHash(id)});
  return static_cast<DeviceNumber>(devices_.size() - 1);
}

}  // namespace mailwake
