// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/plants.h"

#include <iostream>
#include <utility>

#ifdef MAILWAKE_PLANTS
#include "engine/src/plant.h"
#endif

namespace mailwake::sim {

// A write that comes back to a mailbox that is no more.
bool ShowsByDeath(std::string_view name) { return name == "evict-with-write-in-flight"; }

#ifdef MAILWAKE_PLANTS

int ListPlants() {
  for (const PlantInfo& plant : kPlants) std::cout << plant.name << '\n';
  return 0;
}

int TakePlant(const std::string& name) {
  for (const PlantInfo& plant : kPlants) {
    if (plant.name != name) continue;
    planted = plant.plant;
    return 0;
  }
  std::cerr << "no such plant: " << name << " (--plant list)\n";
  return 2;
}

void PullPlant() { planted = Plant::kNone; }

void SetPlantedYield(std::function<void(std::string_view mailbox)> yield) { planted_yield = std::move(yield); }

#else

int ListPlants() {
  std::cerr << "this build has no plants\n";
  return 2;
}

int TakePlant(const std::string&) { return ListPlants(); }

void PullPlant() {}

void SetPlantedYield(std::function<void(std::string_view mailbox)>) {}

#endif

}  // namespace mailwake::sim
