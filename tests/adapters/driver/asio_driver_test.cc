// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/asio_driver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <thread>
#include <vector>

#include "mailwake/adapters/memory_store.h"

namespace mailwake {
namespace {

using std::chrono::seconds;

// An engine that a driver runs on a loop of this thread.
class AsioDriverTest : public testing::Test {
 protected:
  AsioDriverTest() {
    Options options;
    options.heartbeat_min = seconds(1);
    options.limits.pings_per_mailbox = 10'000;
    options.limits.devices_per_mailbox = 10'000;
    bound_ = driver_->Bind(options, io_);
    auto created = Engine::Create(bound_, *store_);
    EXPECT_TRUE(created.ok()) << created.status();
    engine_ = *std::move(created);
    driver_->Start(*engine_);
  }

  PingId Hold(const std::string& device, EndCallback done, LoopId loop = 0, seconds heartbeat = seconds(3000)) {
    PingRequest request;
    request.mailbox = "ann";
    request.device = device;
    request.heartbeat = heartbeat;
    request.folders = {{"inbox", ItemClass::kEmail}};
    request.loop = loop;
    return engine_->Hold(request, std::move(done));
  }

  void Publish() {
    Change change;
    change.mailbox = "ann";
    change.folder = "inbox";
    engine_->Publish({change}, [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
  }

  // Runs the loop until it is so; false after 20 s.
  bool RunUntil(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(100));
    }
    return true;
  }

  // A device that has synced, so that only what comes now wakes it.
  void Sync(const std::string& device) {
    const SyncTicket ticket = engine_->BeginSync("ann", device);
    engine_->EndSync(ticket, std::vector<std::string_view>{"inbox"}, [](const absl::Status&) {});
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<Store> store_ = NewMemoryStore();
  std::unique_ptr<AsioDriver> driver_ = std::make_unique<AsioDriver>();
  Options bound_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(AsioDriverTest, AHeartbeatEndsByItself) {
  std::vector<EndReason> ends;
  Hold(
      "phone", [&](const PingEnd& end) { ends.push_back(end.reason); }, 0, seconds(1));
  Hold("tablet", [&](const PingEnd& end) { ends.push_back(end.reason); });
  EXPECT_TRUE(RunUntil([&] { return !ends.empty(); }));
  EXPECT_EQ(ends, std::vector{EndReason::kExpired});
}

TEST_F(AsioDriverTest, AChangeFromAnotherThreadWakesOnTheLoop) {
  std::vector<std::thread::id> where;
  Sync("phone");
  Hold("phone", [&](const PingEnd& end) {
    EXPECT_EQ(end.reason, EndReason::kChanged);
    where.push_back(std::this_thread::get_id());
  });
  std::thread publisher([this] { Publish(); });
  EXPECT_TRUE(RunUntil([&] { return !where.empty(); }));
  publisher.join();
  EXPECT_EQ(where, std::vector{std::this_thread::get_id()});
}

TEST_F(AsioDriverTest, RestsWhileNothingIsDue) {
  Hold("phone", [](const PingEnd&) { FAIL() << "nothing happened"; });
  io_.poll();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(io_.poll(), 0u);
}

TEST_F(AsioDriverTest, ManyMovedDeadlinesAreOneTurn) {
  io_.poll();
  io_.restart();
  for (int i = 0; i < 1000; ++i) bound_.deadline_moved();
  EXPECT_EQ(io_.poll(), 1u);
}

TEST_F(AsioDriverTest, DeliversOnTheLoopThatHolds) {
  boost::asio::io_context second(1);
  const LoopId loop = driver_->AddLoop(second);
  Sync("phone");
  Sync("tablet");
  std::atomic<int> on_second{0}, on_main{0};
  Hold(
      "phone", [&](const PingEnd&) { on_second += second.get_executor().running_in_this_thread() ? 1 : 100; }, loop);
  Hold("tablet", [&](const PingEnd&) { on_main += io_.get_executor().running_in_this_thread() ? 1 : 100; });
  auto guard = boost::asio::make_work_guard(second);
  std::thread thread([&] { second.run(); });
  Publish();
  EXPECT_TRUE(RunUntil([&] { return on_main > 0 && on_second > 0; }));
  second.stop();
  thread.join();
  EXPECT_EQ(on_main, 1);
  EXPECT_EQ(on_second, 1);
}

TEST_F(AsioDriverTest, ALongDeliveryLetsOthersRunInBetween) {
  constexpr int kMany = 5000;
  boost::asio::io_context second(1);
  const LoopId loop = driver_->AddLoop(second);
  int ended = 0, at_marker = 0;
  bool marked = false;
  for (int i = 0; i < kMany; ++i) {
    Hold(
        "device" + std::to_string(i),
        [&](const PingEnd&) {
          if (++ended == 1) boost::asio::post(second, [&] { at_marker = ended, marked = true; });
        },
        loop);
  }
  engine_->EndMailbox("ann");
  ASSERT_TRUE(RunUntil([&] {
    second.restart();
    second.poll();
    return ended == kMany;
  }));
  EXPECT_TRUE(marked);
  EXPECT_LT(at_marker, kMany);
  EXPECT_GT(at_marker, 0);
}

TEST_F(AsioDriverTest, AfterStopNobodyIsCalled) {
  boost::asio::io_context second(1);
  const LoopId loop = driver_->AddLoop(second);
  Hold("phone", [](const PingEnd&) { FAIL(); });
  Hold(
      "tablet", [](const PingEnd&) { FAIL(); }, loop);
  io_.poll();
  engine_->EndMailbox("ann");
  driver_->Stop();
  io_.restart();
  io_.poll();
  second.poll();
  engine_->EndMailbox("ann");
  bound_.deadline_moved();
  EXPECT_EQ(io_.poll(), 0u);
}

TEST_F(AsioDriverTest, WhatIsPostedMayOutliveTheDriverAndTheEngine) {
  Hold("phone", [](const PingEnd&) { FAIL(); });
  engine_->EndMailbox("ann");
  driver_.reset();
  engine_.reset();
  io_.restart();
  io_.poll();
  bound_.deadline_moved();
  EXPECT_EQ(io_.poll(), 0u);
}

TEST_F(AsioDriverTest, ACompletionMayStopTheDriver) {
  int ends = 0;
  Hold("phone", [&](const PingEnd&) {
    ++ends;
    driver_->Stop();
  });
  engine_->EndMailbox("ann");
  EXPECT_TRUE(RunUntil([&] { return ends == 1; }));
  Hold("tablet", [&](const PingEnd&) { ++ends; });
  engine_->EndMailbox("ann");
  io_.restart();
  io_.poll();
  EXPECT_EQ(ends, 1);
}

TEST_F(AsioDriverTest, CompletionsMayHoldAgain) {
  int rounds = 0;
  std::function<void()> again = [&] {
    Hold("phone", [&](const PingEnd&) {
      if (++rounds < 100) again();
      engine_->EndMailbox("ann");
    });
  };
  again();
  engine_->EndMailbox("ann");
  EXPECT_TRUE(RunUntil([&] { return rounds == 100; }));
}

}  // namespace
}  // namespace mailwake
