// SPDX-License-Identifier: Apache-2.0
//
// An engine on a loop of your own: the loop sleeps until next_deadline(), or until the engine says that it has moved earlier.

#include <mailwake/adapters/memory_store.h>
#include <mailwake/engine.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

using namespace std::chrono_literals;

namespace {

mailwake::Time Now() { return std::chrono::time_point_cast<mailwake::Duration>(std::chrono::system_clock::now()); }

class Loop {
 public:
  void Wake() {
    std::lock_guard lock(mutex_);
    moved_ = true;
    wake_.notify_one();
  }

  void RunUntil(mailwake::Engine& engine, const bool& done) {
    while (true) {
      engine.advance(Now());
      if (done) return;
      const auto due = engine.next_deadline();
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, due.value_or(Now() + 1s), [this] { return moved_; });
      moved_ = false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool moved_ = false;
};

}  // namespace

int main() {
  Loop loop;
  const auto store = mailwake::NewMemoryStore();
  const auto engine = mailwake::Engine::Create({.clock = Now, .deadline_moved = [&loop] { loop.Wake(); }}, *store).value();

  bool told = false;
  engine->Hold({.mailbox = "ann", .device = "phone", .heartbeat = 10min, .folders = {{{.id = "inbox"}}}},
               [&told](const mailwake::PingEnd& end) { told = end.reason == mailwake::EndReason::kChanged; });
  std::thread mail_server([&engine] { engine->Publish({{.mailbox = "ann", .folder = "inbox"}}, nullptr); });
  loop.RunUntil(*engine, told);
  mail_server.join();
  std::puts("told");
  return 0;
}
