// SPDX-License-Identifier: Apache-2.0
//
// KnownDevices: which devices have shown the right password of which user, since the start.
//
// Threads:    any; no lock.
// Cost:       a hash and a look at 2 bytes; 256 KiB in all. One that is forgotten for another is known again when it next shows it.
// Invariants: of some 32,000 that never showed it one may be taken for one that did: what follows from it must do no harm.
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
    Place& place = PlaceOf(hash);
    if (!device.empty() && place.load(std::memory_order_relaxed) != MarkOf(hash)) place.store(MarkOf(hash), std::memory_order_relaxed);
  }
  bool Contains(std::string_view user, std::string_view device) const {
    const std::uint64_t hash = HashOf(user, device);
    return !device.empty() && PlaceOf(hash).load(std::memory_order_relaxed) == MarkOf(hash);
  }

 private:
  using Place = std::atomic<std::uint16_t>;
  static constexpr std::size_t kPlaces = 1 << 17;

  // Its seed is where the program lies in memory, which nobody outside knows.
  static std::uint64_t HashOf(std::string_view user, std::string_view device) { return absl::HashOf(std::pair(user, device)); }
  static std::uint16_t MarkOf(std::uint64_t hash) { return static_cast<std::uint16_t>(hash >> 48) | 1; }  // 0: an empty place
  Place& PlaceOf(std::uint64_t hash) const { return places_[hash % kPlaces]; }

  const std::unique_ptr<Place[]> places_ = std::make_unique<Place[]>(kPlaces);
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_KNOWN_DEVICES_H_
