// SPDX-License-Identifier: Apache-2.0
//
// The commands of the program: each takes its arguments and answers the exit code. Results go to standard output, errors to standard error.
//
// Threads:    one command a process.

#ifndef MAILWAKE_SERVER_COMMANDS_H_
#define MAILWAKE_SERVER_COMMANDS_H_

#include <absl/status/status.h>

#include "adapters/server/arguments.h"

namespace mailwake::server {

int Run(const ServeArguments& arguments);
int Run(const UserAddArguments& arguments);
int Run(const UserImportArguments& arguments);
int Run(const UserRemoveArguments& arguments);
int Run(const DeviceArguments& arguments);
int Run(const PublishArguments& arguments);
int Run(const FoldersArguments& arguments);
int Run(const ExplainArguments& arguments);
int Run(const PingArguments& arguments);

// Says what is wrong, and answers the exit code: 2 for what the caller can mend on the command line or in a file that it names, 1 else.
int Fail(const absl::Status& status);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_COMMANDS_H_
