// SPDX-License-Identifier: Apache-2.0

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "adapters/server/commands.h"
#include "adapters/server/config.h"
#include "adapters/server/log.h"
#include "adapters/server/service.h"

namespace mailwake::server {

int Run(const ServeArguments& arguments) {
  // Meant for a server that serves: until this one does they may not end it.
  for (const int early : {SIGHUP, SIGUSR2}) std::signal(early, SIG_IGN);
  const absl::StatusOr<Config> config = LoadConfig(arguments);
  if (!config.ok()) return Fail(config.status());
  LogInfo("mailwake " MAILWAKE_VERSION ", store " + config->store);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // whoever takes this process over gains nothing by running another program
  if (::geteuid() == 0 && config->user.empty())
    LogWarning("this process is root, and stays it: set `user`, or use the unit file that comes with mailwake");
  absl::StatusOr<std::unique_ptr<Service>> service = Service::Create(*config, arguments.take_over);
  if (!service.ok()) return Fail(service.status());
  if (!arguments.config_file.empty() && ::access(arguments.config_file.c_str(), R_OK) != 0)
    LogWarning(config->user + " cannot read " + arguments.config_file + ": a server that SIGUSR2 starts would fail; chown it");
  return (*service)->Run();
}

}  // namespace mailwake::server
