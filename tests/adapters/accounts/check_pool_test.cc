// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/check_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace mailwake::internal {
namespace {

using Outcome = CheckPool::Outcome;

// A pool of one thread, busy until it is let go.
class CheckPoolTest : public testing::Test {
 protected:
  ~CheckPoolTest() override { LetGo(); }

  void Occupy(CheckPool& pool) {
    std::promise<void> begun;
    pool.Check({.token = "occupies",
                .user = "nobody",
                .check =
                    [this, &begun] {
                      begun.set_value();
                      go_.get_future().wait();
                      return true;
                    }},
               [](Outcome) {});
    begun.get_future().wait();
  }
  void LetGo() {
    if (!let_go_) go_.set_value();
    let_go_ = true;
  }

  void Check(CheckPool& pool, const std::string& token, const std::string& user, bool right = true, const std::string& network = "") {
    pool.Check({.token = token, .user = user, .network = network, .check = [this, right] { return ++runs_, right; }},
               [this](Outcome outcome) {
                 ++(outcome == Outcome::kRight ? right_ : outcome == Outcome::kWrong ? wrong_ : busy_);
               });
  }

  std::atomic<int> runs_{0}, right_{0}, wrong_{0}, busy_{0};

 private:
  std::promise<void> go_;
  bool let_go_ = false;
};

TEST_F(CheckPoolTest, OneNetworkHasAPartOfTheQueue) {
  CheckPool pool(1, 256);
  Occupy(pool);
  const auto flood = [&](const std::string& network) {
    const int busy = busy_;
    for (int i = 0; i < 100; ++i) Check(pool, network + std::to_string(i), network + std::to_string(i), false, network);
    return busy_ - busy;
  };
  EXPECT_EQ(flood("192.0.2.0/24"), 68);
  EXPECT_EQ(flood("198.51.100.0/24"), 68) << "another's part is its own";
  EXPECT_EQ(flood(""), 0) << "who is known is not counted";
  LetGo();
  while (wrong_ < 164) std::this_thread::yield();
  EXPECT_EQ(runs_, 164);
  for (int i = 0; i < 32; ++i) Check(pool, "again" + std::to_string(i), "again" + std::to_string(i), false, "192.0.2.0/24");
  EXPECT_EQ(busy_, 136) << "those that have ended count no more";
}

TEST_F(CheckPoolTest, RunsOneCheckForAllWhoAskTheSame) {
  CheckPool pool(1, 10);
  Occupy(pool);
  for (int i = 0; i < 1000; ++i) Check(pool, "same", "ann");
  Check(pool, "other", "bob", false);
  LetGo();
  while (right_ + wrong_ < 1001) std::this_thread::yield();
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(right_, 1000);
  EXPECT_EQ(wrong_, 1);
}

TEST_F(CheckPoolTest, ChecksAgainOnceTheFirstHasLanded) {
  CheckPool pool(1, 10);
  for (int i = 1; i <= 3; ++i) {
    Check(pool, "same", "ann");
    while (right_ < i) std::this_thread::yield();
  }
  EXPECT_EQ(runs_, 3);
}

TEST_F(CheckPoolTest, RefusesWhatIsOverItsBound) {
  CheckPool pool(1, 2);
  Occupy(pool);
  Check(pool, "1", "ann");
  Check(pool, "2", "bob");
  EXPECT_EQ(busy_, 0);
  Check(pool, "3", "eve");
  EXPECT_EQ(busy_, 1) << "at once";
  Check(pool, "2", "bob");
  EXPECT_EQ(busy_, 1) << "who joins another takes no place";
  LetGo();
  while (right_ < 3) std::this_thread::yield();
  Check(pool, "3", "eve");
  while (right_ < 4) std::this_thread::yield();
  EXPECT_EQ(busy_, 1);
}

TEST_F(CheckPoolTest, OneUserTakesOnlyAFewPlaces) {
  CheckPool pool(1, 100);
  Occupy(pool);
  for (int i = 0; i < 50; ++i) Check(pool, "guess" + std::to_string(i), "ann", false);
  EXPECT_EQ(busy_, 46);
  Check(pool, "right", "bob");
  EXPECT_EQ(busy_, 46) << "the others are let in";
  LetGo();
  while (right_ < 1) std::this_thread::yield();
  EXPECT_EQ(wrong_, 4);
}

TEST_F(CheckPoolTest, StopAnswersThoseThatWait) {
  CheckPool pool(1, 1'000'000);
  Occupy(pool);
  Check(pool, "1", "ann");
  Check(pool, "1", "ann");
  Check(pool, "2", "ann");
  // Newcomers are turned away once the pool stops; only then may the running check end.
  std::atomic<bool> refused{false};
  std::thread lets_go([this, &pool, &refused] {
    for (int i = 0; !refused; ++i) {
      const std::string name = "new" + std::to_string(i);
      pool.Check({.token = name, .user = name, .check = [] { return true; }},
                 [&refused](Outcome outcome) { refused = outcome == Outcome::kBusy; });
      std::this_thread::yield();
    }
    LetGo();
  });
  pool.Stop();
  lets_go.join();
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(busy_, 3);
  Check(pool, "3", "eve");
  EXPECT_EQ(busy_, 4);
}

}  // namespace
}  // namespace mailwake::internal
