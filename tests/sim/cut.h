// SPDX-License-Identifier: Apache-2.0
//
// Cut: what is left out of a seed's world, so that what breaks in it shows with little around it.
//
// Threads:    a plain value.
// Invariants: a seed with the same cut is one history.
// Example:    Profile profile = DrawProfile(42); Apply({.without = {"loss"}, .mailboxes = 1}, profile);

#ifndef MAILWAKE_TESTS_SIM_CUT_H_
#define MAILWAKE_TESTS_SIM_CUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/profile.h"

namespace mailwake::sim {

struct Cut {
  std::vector<std::string> without;  // kinds of devices, networks and faults, by their names
  std::optional<int> mailboxes;      // at most, these three
  std::optional<int> devices;        // of a mailbox
  std::optional<int> folders;        // of a mailbox
  std::optional<std::int64_t> until_s;
  std::uint64_t chances = 0;  // others than the seed's own
};

// REQUIRES: FirstUnknown(cut) is empty.
void Apply(const Cut& cut, Profile& profile);
// A name in `without` that nothing has.
std::string FirstUnknown(const Cut& cut);
// Everything that can be left out.
std::vector<std::string> CutNames();
// As mailwake-sim takes it, with a space before each.
std::string Flags(const Cut& cut);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_CUT_H_
