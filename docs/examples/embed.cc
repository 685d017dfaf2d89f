// SPDX-License-Identifier: Apache-2.0
//
// The smallest whole: a device waits, a mail comes, the device is told, syncs, and waits again.

#include <mailwake/adapters/memory_store.h>
#include <mailwake/engine.h>

#include <algorithm>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;

int main() {
  const auto store = mailwake::NewMemoryStore();
  const auto engine = mailwake::Engine::Create({.heartbeat_max = 59min}, *store).value();
  mailwake::Time now(0s);
  std::string ends;

  // A front end holds a PING. The second time it leaves out what the engine remembers.
  const auto print = [&ends](const mailwake::PingEnd& end) {
    ends += Name(end.reason);
    for (std::string_view folder : end.folders) ends += " " + std::string(folder);
    ends += "\n";
  };
  engine->Hold({.mailbox = "ann@example.org",
                .device = "ApplDN6T",
                .heartbeat = 15min,
                .folders = {{{"inbox", mailwake::ItemClass::kEmail}, {"cal", mailwake::ItemClass::kCalendar}}}},
               print);

  // The mail server says what changed, once it is readable.
  engine->Publish({{.mailbox = "ann@example.org", .folder = "inbox"}},
                  [](const absl::Status& durable) { std::printf("durable: %s\n", durable.ToString().c_str()); });
  engine->advance(now);  // runs the callbacks of PINGs that ended

  // The device syncs: what it gets is what was readable when the sync began.
  const mailwake::SyncTicket ticket = engine->BeginSync("ann@example.org", "ApplDN6T");
  const std::string_view served[] = {"inbox"};
  engine->EndSync(ticket, served, nullptr);

  // It waits again, and nothing happens until the heartbeat ends.
  engine->Hold({.mailbox = "ann@example.org", .device = "ApplDN6T"}, print);
  while (const auto due = engine->next_deadline()) engine->advance(now = std::max(now, *due));

  std::printf("%s", ends.c_str());
  return ends == "changed inbox\nexpired\n" && now >= mailwake::Time(15min) ? 0 : 1;
}
