// SPDX-License-Identifier: Apache-2.0
//
// Plants: faults that are put into the real code on purpose, one at a time, to see that the checkers find them. Only a build with
// MAILWAKE_PLANTS has them.
//
// Threads:    call while no world is played.

#ifndef MAILWAKE_TESTS_SIM_PLANTS_H_
#define MAILWAKE_TESTS_SIM_PLANTS_H_

#include <functional>
#include <string>
#include <string_view>

namespace mailwake::sim {

// Prints the names, one a line; answers the exit code.
int ListPlants();
// Breaks the code there. Answers 0, or the exit code if there is no such plant.
int TakePlant(const std::string& name);
// The code is whole again.
void PullPlant();
// What happens in the middle of sections that a plant breaks.
void SetPlantedYield(std::function<void(std::string_view mailbox)> yield);
// The process dies of it, and that is how it shows; of any other such an end proves nothing.
bool ShowsByDeath(std::string_view name);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_PLANTS_H_
