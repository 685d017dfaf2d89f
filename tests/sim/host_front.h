// SPDX-License-Identifier: Apache-2.0
//
// HostFront: the front end that an embedder would write: it calls the engine directly, and goes by contents where ActiveSync goes by keys.
//
// Threads:    one thread.
// Example:    front.Receive(exchange);

#ifndef MAILWAKE_TESTS_SIM_HOST_FRONT_H_
#define MAILWAKE_TESTS_SIM_HOST_FRONT_H_

#include <memory>
#include <optional>

#include "mailwake/engine.h"
#include "tests/sim/exchange.h"

namespace mailwake::sim {

class Server;

class HostFront {
 public:
  explicit HostFront(Server& server) : server_(server) {}
  void Receive(const ExchangePtr& exchange);

 private:
  void Hold(const ExchangePtr& exchange);
  void Sync(const ExchangePtr& exchange);
  void Serve(const ExchangePtr& exchange, const std::optional<SyncTicket>& ticket);
  void FolderSync(const ExchangePtr& exchange);

  Server& server_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_HOST_FRONT_H_
