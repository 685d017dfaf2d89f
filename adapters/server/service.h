// SPDX-License-Identifier: Apache-2.0
//
// Service: one engine with its store, driver, front end, source and HTTPS server. All wiring is here.
//
// Threads:    Create and Run on one thread; Run adds a thread for each further event loop.
// Invariants: (1) one engine a store: Create fails if another mailwake owns it;
//             (2) Run returns 0 only if every PING was answered or its drain time was over, and everything acknowledged is durable.
// Example:    auto service = Service::Create(config, false).value(); return service->Run();

#ifndef MAILWAKE_SERVER_SERVICE_H_
#define MAILWAKE_SERVER_SERVICE_H_

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "adapters/server/config.h"

namespace mailwake::server {

class Service {
 public:
  // Opens and binds everything. Errors: InvalidArgument for what the configuration can mend, others for what it cannot.
  // `take_over`: of the server that runs on the store, if there is one; it goes on if the configuration is wrong.
  static absl::StatusOr<std::unique_ptr<Service>> Create(const Config& config, bool take_over);
  virtual ~Service() = default;

  // Prints the ready line, serves until SIGTERM or SIGINT or until another server takes over, drains; the exit code.
  virtual int Run() = 0;
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_SERVICE_H_
