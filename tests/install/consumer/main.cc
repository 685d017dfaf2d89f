// SPDX-License-Identifier: Apache-2.0
//
// What somebody else's project writes: an engine on a store, a PING, a change, a wake.

#include <mailwake/adapters/memory_store.h>
#include <mailwake/adapters/sqlite_store.h>
#include <mailwake/engine.h>

#include <cstdio>

int main() {
  using std::chrono_literals::operator""s;
  const auto store = mailwake::NewMemoryStore();
  const auto engine = mailwake::Engine::Create({}, *store).value();
  bool woken = false;
  engine->Hold({.mailbox = "ann@example.org", .device = "phone", .heartbeat = 60s, .folders = {{{.id = "inbox"}}}},
               [&woken](const mailwake::PingEnd& end) { woken = end.reason == mailwake::EndReason::kChanged; });
  engine->Publish({{.mailbox = "ann@example.org", .folder = "inbox"}}, nullptr);
  engine->advance(mailwake::Time(1s));
  const bool refused = !mailwake::OpenSqliteStore("/no/such/folder/mailwake.db").ok();
  std::printf("woken: %d, refused: %d\n", woken, refused);
  return woken && refused ? 0 : 1;
}
