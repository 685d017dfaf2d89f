// SPDX-License-Identifier: Apache-2.0
//
// BecomeUser: gives up root for good.
//
// Threads:    while there is one.
// Example:    if (absl::Status status = BecomeUser("mailwake"); !status.ok()) return status;

#ifndef MAILWAKE_SERVER_BECOME_USER_H_
#define MAILWAKE_SERVER_BECOME_USER_H_

#include <absl/status/status.h>

#include <string>

namespace mailwake::server {

// The process is that user's from now on, with that user's groups; nothing, if it is already. Errors: InvalidArgument (no such user, or
// this process may not), Internal (the system refused; then end).
absl::Status BecomeUser(const std::string& name);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_BECOME_USER_H_
