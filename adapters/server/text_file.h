// SPDX-License-Identifier: Apache-2.0
//
// Files that a command reads whole.
//
// Threads:    none; called at start.

#ifndef MAILWAKE_SERVER_TEXT_FILE_H_
#define MAILWAKE_SERVER_TEXT_FILE_H_

#include <absl/status/statusor.h>

#include <string>

namespace mailwake::server {

// Errors: InvalidArgument names the file and why it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_TEXT_FILE_H_
