// SPDX-License-Identifier: Apache-2.0
//
// Secrets that come from files or from standard input: ingest tokens and passwords.
//
// Threads:    none; called at start.
// Invariants: what is read never stands in an error.

#ifndef MAILWAKE_SERVER_SECRET_FILE_H_
#define MAILWAKE_SERVER_SECRET_FILE_H_

#include <absl/status/statusor.h>

#include <string>

namespace mailwake::server {

// The file's text without blanks and line ends around it. Errors: InvalidArgument names the file: unreadable, empty, over 4 KiB, or with a
// character that an HTTP header cannot carry. Logs a warning if others than the owner can read it.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

// The first line of standard input, or of `file` if it is not empty. Asks, and does not echo, if standard input is a terminal. Errors:
// InvalidArgument.
absl::StatusOr<std::string> ReadPassword(const std::string& prompt, const std::string& file = {});

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SECRET_FILE_H_
