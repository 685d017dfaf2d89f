// SPDX-License-Identifier: Apache-2.0
//
// World: an index with all PINGs of a shape parked in it. Built once, used by all workloads on it, freed before the next.
//
// Threads:    built by one; then each lane's part by one thread at a time.
// Cost:       keys and ended lists are made before the memory of the index is counted.
// Invariants: between workloads every PING is held, and nothing is left to deliver.
// Example:    World<FlatIndex>& world = WorldOf<FlatIndex>(shape); world.index.Publish(...);

#ifndef MAILWAKE_BENCH_INDEX_WORLD_H_
#define MAILWAKE_BENCH_INDEX_WORLD_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <typeinfo>

#include "bench/index/ended.h"
#include "bench/index/index.h"
#include "bench/index/keys.h"
#include "bench/index/memory.h"

namespace mailwake::bench {

inline constexpr std::chrono::seconds kHeartbeat{600};

template <Index I>
struct World {
  explicit World(const Shape& shape) : keys(shape), ended{Ended(keys), Ended(keys)} {
    const Usage before = Usage::Now();
    index = std::make_unique<I>(keys);
    Ended::Scope scope(ended[0]);
    Populate();
    bytes_per_ping = static_cast<double>(Usage::Now().Since(before)) / static_cast<double>(keys.pings());
    if constexpr (requires { index->memory_bytes(); })
      said_per_ping = static_cast<double>(index->memory_bytes()) / static_cast<double>(keys.pings());
  }

  Ended& EndedOf(int lane) { return ended[static_cast<std::size_t>(lane)]; }
  std::size_t& PositionOf(int lane) { return position[static_cast<std::size_t>(lane)]; }

  Keys keys;
  std::array<Ended, kLanes> ended;
  std::unique_ptr<I> index;
  std::array<std::size_t, kLanes> position{};  // in the lane's steps
  std::int64_t now_ms = 0;                     // virtual
  double bytes_per_ping = 0;
  double said_per_ping = 0;  // what the index itself says, where it says anything
  bool staggered = false;    // heartbeats end evenly over ten minutes
  bool hurried = false;      // heartbeats are those of Expire

 private:
  void Populate() {
    const std::uint32_t devices = keys.shape().devices;
    for (const std::uint32_t ping : keys.order()) {
      if (ping % devices != 0) continue;  // a mailbox comes with all its devices
      for (std::uint32_t device = ping; device < ping + devices; ++device) {
        index->Enter(keys[device]);
        index->Hold(keys[device], kHeartbeat);
      }
    }
  }
};

// The one world that there is at a time.
class WorldSlot {
 public:
  template <Index I>
  bool Holds(const Shape& shape) const {
    return world_ != nullptr && type_ == &typeid(I) && shape_ == shape;
  }
  template <Index I>
  World<I>& Get(const Shape& shape) {
    if (Holds<I>(shape)) return *static_cast<World<I>*>(world_.get());
    Free();
    auto world = std::make_shared<World<I>>(shape);
    world_ = world;
    type_ = &typeid(I);
    shape_ = shape;
    return *world;
  }
  void Free() {
    world_.reset();
    TrimMemory();
  }

 private:
  std::shared_ptr<void> world_;
  const std::type_info* type_ = nullptr;
  Shape shape_;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_WORLD_H_
