// SPDX-License-Identifier: Apache-2.0
//
// Runs an engine on Asio event loops: calls advance() when it is due and delivers ends on the loop that holds the PING.
//
// Threads:    construct and destroy where nothing runs; the loops may then run on any threads, one thread a loop.
// Example:    boost::asio::io_context io; AsioDriver driver; Options options = driver.Bind({}, io);
//             auto engine = Engine::Create(options, *store).value(); driver.Start(*engine); io.run();

#ifndef MAILWAKE_ADAPTERS_ASIO_DRIVER_H_
#define MAILWAKE_ADAPTERS_ASIO_DRIVER_H_

#include <boost/asio/io_context.hpp>
#include <memory>

#include "mailwake/engine.h"
#include "mailwake/options.h"

namespace mailwake {

// Wall time at the start of the process plus the monotonic time since: never goes back, does not jump with the wall clock.
Time SteadyWallTime();

class AsioDriver {
 public:
  AsioDriver();
  ~AsioDriver();
  AsioDriver(const AsioDriver&) = delete;
  AsioDriver& operator=(const AsioDriver&) = delete;

  // Sets `clock` and `deadline_moved` of the options so that `main` drives the engine (and delivers loop 0).
  Options Bind(Options options, boost::asio::io_context& main);
  // Begins to drive. `engine` must outlive the driver's last use: Stop first, or run the loops dry.
  void Start(Engine& engine);
  // A further loop that delivers: use the id in PingRequest::loop. REQUIRES: after Start, before the first Hold.
  LoopId AddLoop(boost::asio::io_context& loop);
  // No call into the engine starts after this. REQUIRES: the loops have stopped, or this runs on `main`.
  void Stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_ASIO_DRIVER_H_
