// SPDX-License-Identifier: Apache-2.0
//
// Everything in a simulated world has a number; its id on the wire is a letter and that number.
//
// Threads:    pure.

#ifndef MAILWAKE_TESTS_SIM_NAMES_H_
#define MAILWAKE_TESTS_SIM_NAMES_H_

#include <charconv>
#include <string>
#include <string_view>

#include "mailwake/types.h"

namespace mailwake::sim {

inline std::string MailboxName(int mailbox) { return "m" + std::to_string(mailbox) + "@sim.example"; }
inline std::string DeviceName(int device) { return "d" + std::to_string(device); }
inline std::string FolderName(int folder) { return "f" + std::to_string(folder); }

// The number of any of them; -1 if it is none of ours.
inline int NumberOf(std::string_view name) {
  int number = -1;
  if (name.size() > 1) std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return number;
}

// A folder as a PING names it.
struct FolderRef {
  int folder = 0;
  ItemClass item_class = ItemClass::kEmail;
  friend bool operator==(const FolderRef&, const FolderRef&) = default;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_NAMES_H_
