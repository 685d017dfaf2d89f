// SPDX-License-Identifier: Apache-2.0
//
// Supervisor: what systemd, or whoever started this process, is told; and how this process starts the one that takes its place.
//
// Threads:    any.
// Example:    TellReady();  // serving; with Type=notify this process is from now on the unit's main one

#ifndef MAILWAKE_SERVER_SUPERVISOR_H_
#define MAILWAKE_SERVER_SUPERVISOR_H_

#include <absl/status/status.h>

namespace mailwake::server {

// sd_notify(3): READY=1 and MAINPID, to the socket that NOTIFY_SOCKET names. Nothing, without one.
void TellReady();

// The program that stands now where this one was started from, with the same words and --take-over. Errors: Unavailable.
absl::Status StartNext();

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SUPERVISOR_H_
