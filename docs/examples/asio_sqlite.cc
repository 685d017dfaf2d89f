// SPDX-License-Identifier: Apache-2.0
//
// A durable engine on an Asio event loop: what the server `mailwake` does, without its front ends.

#include <mailwake/adapters/asio_driver.h>
#include <mailwake/adapters/sqlite_store.h>
#include <mailwake/engine.h>

#include <cstdio>
#include <future>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const auto store = mailwake::OpenSqliteStore(argc > 1 ? argv[1] : "mailwake.db");
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 1;
  }
  boost::asio::io_context io;
  mailwake::AsioDriver driver;
  const auto engine = mailwake::Engine::Create(driver.Bind({}, io), **store).value();
  driver.Start(*engine);

  bool told = false;
  engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 10min, .folders = {{{.id = "inbox"}}}},
               [&](const mailwake::PingEnd& end) {
                 told = end.reason == mailwake::EndReason::kChanged;
                 driver.Stop();
                 io.stop();
               });
  engine->Publish({{.mailbox = "ann", .folder = "inbox"}}, nullptr);
  io.run();

  // A wake may come before the disk has confirmed: wait for it before the engine goes.
  std::promise<void> written;
  engine->Flush([&written] { written.set_value(); });
  written.get_future().wait();
  std::puts(told ? "told" : "not told");
  return told ? 0 : 1;
}
