// SPDX-License-Identifier: Apache-2.0
//
// KnownDevices: which devices have shown the right password of which user, since the start.
//
// Threads:    any; no lock.
// Cost:       a hash and a look at 8 bytes; 1 MiB in all. One that is forgotten for another is known again when it next shows it.
// Example:    devices.Add("ann", "PHONE1");  ...  if (devices.Contains("ann", "PHONE1")) ...

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KNOWN_DEVICES_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KNOWN_DEVICES_H_

#include <absl/hash/hash.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace mailwake::internal {

class KnownDevices {
 public:
  // No device: none.
  void Add(std::string_view user, std::string_view device) {
    const std::uint64_t hash = HashOf(user, device);
    std::atomic<std::uint64_t>& place = PlaceOf(hash);
    if (!device.empty() && place.load(std::memory_order_relaxed) != hash) place.store(hash, std::memory_order_relaxed);
  }
  bool Contains(std::string_view user, std::string_view device) const {
    const std::uint64_t hash = HashOf(user, device);
    return !device.empty() && PlaceOf(hash).load(std::memory_order_relaxed) == hash;
  }

 private:
  static constexpr std::size_t kPlaces = 1 << 17;

  // Nobody outside knows its seed, and so no other name with the same hash. Never 0, which is an empty place.
  static std::uint64_t HashOf(std::string_view user, std::string_view device) { return absl::HashOf(std::pair(user, device)) | 1; }
  std::atomic<std::uint64_t>& PlaceOf(std::uint64_t hash) const { return places_[(hash >> 1) % kPlaces]; }

  const std::unique_ptr<std::atomic<std::uint64_t>[]> places_ = std::make_unique<std::atomic<std::uint64_t>[]>(kPlaces);
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KNOWN_DEVICES_H_
