// SPDX-License-Identifier: Apache-2.0
//
// The end of an engine while a thread of the store is still telling those who waited for it.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "mailwake/engine.h"
#include "tests/support/fake_store.h"

namespace mailwake {
namespace {

using testing::FakeDisk;
using testing::FakeStore;

// `ask` makes a call whose answer runs the callback that it is given.
void ExpectAnswerIsAwaited(auto ask) {
  FakeStore store(std::make_shared<FakeDisk>());
  auto engine = Engine::Create({}, store).value();
  store.set_held(true);
  std::atomic<bool> told = false, gone = false, stayed = false;
  ask(*engine, [&] {
    told = true;
    for (int i = 0; i < 500 && !gone; ++i) std::this_thread::yield();
    stayed = !gone;
  });
  std::thread thread([&store] { store.ReleaseAll(); });
  while (!told) std::this_thread::yield();
  std::atomic<bool> flushed = false;
  engine->Flush([&flushed] { flushed = true; });
  while (!flushed && !stayed) std::this_thread::yield();  // whoever was told so may end the engine
  engine.reset();
  gone = true;
  thread.join();
  EXPECT_TRUE(stayed);
}

TEST(EngineEndTest, AWriteThatIsBeingAnsweredIsAwaited) {
  ExpectAnswerIsAwaited(
      [](Engine& engine, auto told) { engine.Publish({{.mailbox = "ann", .folder = "inbox"}}, [told](const absl::Status&) { told(); }); });
}

TEST(EngineEndTest, AReadThatIsBeingAnsweredIsAwaited) {
  ExpectAnswerIsAwaited(
      [](Engine& engine, auto told) { engine.BeginFolderSync("ann", [told](const absl::StatusOr<FolderList>&) { told(); }); });
}

}  // namespace
}  // namespace mailwake
