// SPDX-License-Identifier: Apache-2.0
//
// The forms in which clients write one user: "ann", "EXAMPLE\ann", "ann@example.org".

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_USER_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_USER_H_

#include <string_view>

namespace mailwake::eas {

// Without "DOMAIN\".
std::string_view WithoutDomain(std::string_view user);

// Whether both mean one user: without regard to case, to "DOMAIN\", and to "@domain" if only one of them has it.
bool SameUser(std::string_view a, std::string_view b);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_USER_H_
