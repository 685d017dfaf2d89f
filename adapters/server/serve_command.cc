// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "adapters/server/commands.h"
#include "adapters/server/config.h"
#include "adapters/server/log.h"
#include "adapters/server/service.h"

namespace mailwake::server {

int Run(const ServeArguments& arguments) {
  const absl::StatusOr<Config> config = LoadConfig(arguments);
  if (!config.ok()) return Fail(config.status());
  LogInfo("mailwake " MAILWAKE_VERSION ", store " + config->store);
  absl::StatusOr<std::unique_ptr<Service>> service = Service::Create(*config);
  if (!service.ok()) return Fail(service.status());
  return (*service)->Run();
}

}  // namespace mailwake::server
