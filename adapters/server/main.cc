// SPDX-License-Identifier: Apache-2.0
//
// The program `mailwake`. `mailwake --help` says what it does.

#include <malloc.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <variant>

#include "adapters/server/arguments.h"
#include "adapters/server/commands.h"
#include "adapters/server/log.h"

namespace mailwake::server {

int Fail(const absl::Status& status) {
  std::cerr << "mailwake: " << OneLine(std::string_view(status.message().data(), status.message().size())) << '\n';
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace mailwake::server

int main(int argc, char** argv) {
  // Else glibc sets small freed pieces aside and merges them all at once, under a lock that every thread needs: after a million reads from
  // the store that takes a third of a second (docs/performance.md: wakes in a storm).
  mallopt(M_MXFAST, 0);
  // A peer that is gone shows in the result of a write.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const mailwake::server::CommandLine line = mailwake::server::ParseCommandLine(argc, argv);
    if (!line.arguments) return line.exit_code;
    return std::visit([](const auto& arguments) { return mailwake::server::Run(arguments); }, *line.arguments);
  } catch (const std::exception& error) {
    std::cerr << "mailwake: " << mailwake::server::OneLine(error.what()) << '\n';
    return mailwake::server::kExitFailure;
  }
}
