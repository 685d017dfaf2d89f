// SPDX-License-Identifier: Apache-2.0
//
// mailwake-fleet: the command line.

#include <atomic>
#include <csignal>
#include <cstdio>

#include "bench/fleet/fleet.h"
#include "bench/fleet/mailboxes.h"
#include "bench/fleet/options.h"
#include "bench/fleet/progress.h"
#include "bench/fleet/report.h"

namespace {

std::atomic<bool> interrupted{false};

extern "C" void OnInterrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);  // a second one ends it
}

}  // namespace

int main(int argc, char** argv) {
  using namespace mailwake::fleet;  // NOLINT(google-build-using-namespace): main has none of its own
  FleetOptions options;
  if (const int code = ParseCommandLine(argc, argv, options); code >= 0) return code;
  CountMailboxesFrom(options.first_mailbox);
  if (options.print_passwd) {
    for (MailboxIndex mailbox = 0; mailbox < options.mailboxes(); ++mailbox) {
      std::fputs(PasswdLine(mailbox, options.password).c_str(), stdout);
    }
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
  const absl::StatusOr<Report> report = [&] {
    Progress progress(options.quiet);
    return Run(options, progress, interrupted);
  }();
  if (!report.ok()) {
    std::fprintf(stderr, "mailwake-fleet: %s\n", std::string(report.status().message()).c_str());
    return 2;
  }
  if (!options.quiet || !options.json) std::fputs(Table(*report).c_str(), options.json ? stderr : stdout);
  if (options.json) std::printf("%s\n", Json(*report).c_str());
  if (options.quiet && options.json) {
    for (const std::string& complaint : report->complaints) std::fprintf(stderr, "%s\n", complaint.c_str());
  }
  return report->good() ? 0 : 1;
}
