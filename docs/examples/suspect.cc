// SPDX-License-Identifier: Apache-2.0
//
// A source that lost touch with its mail server says so: every device of the mailbox looks for itself, and nothing stays unseen.

#include <mailwake/adapters/memory_store.h>
#include <mailwake/engine.h>

#include <cstdio>

using namespace std::chrono_literals;

int main() {
  const auto store = mailwake::NewMemoryStore();
  const auto engine = mailwake::Engine::Create({}, *store).value();
  mailwake::EndReason reason = mailwake::EndReason::kExpired;
  std::size_t named = 0;
  engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 10min, .folders = {{{.id = "inbox"}, {.id = "sent"}}}},
               [&](const mailwake::PingEnd& end) {
                 reason = end.reason;
                 named = end.folders.size();
               });
  engine->Suspect("ann", nullptr);
  engine->advance(mailwake::Time(0s));
  std::printf("%s, %zu folders\n", std::string(Name(reason)).c_str(), named);
  return reason == mailwake::EndReason::kResync && named == 2 ? 0 : 1;
}
