// SPDX-License-Identifier: Apache-2.0
//
// Every call of the engine from many threads at once, and every call out of the ends of PINGs and out of answers, on few mailboxes so that
// they meet. Each PING ends exactly once, and no end is told inside another of its loop; every answer comes once; nothing remains when all
// have ended; and after the storm a change wakes whoever waits. Meant for ThreadSanitizer (PRESET=tsan); without it, it still counts.
//
// MAILWAKE_STRESS_CALLS=n  how many each of the calling threads makes (default 20000)

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "mailwake/engine.h"
#include "mailwake/observers.h"
#include "tests/stress/slow_store.h"

namespace mailwake {
namespace {

using namespace std::chrono_literals;  // NOLINT

constexpr std::size_t kMailboxes = 6;
constexpr std::size_t kDeclared = 2;  // mailboxes with folder lists
constexpr std::size_t kPassing = 60;  // mailboxes that go cold and are read again
constexpr std::size_t kQuiet = 4;     // mailboxes in which nothing changes
constexpr std::size_t kDevices = 3;
constexpr std::array<std::string_view, 4> kFolders = {"inbox", "sent", "cal", "con"};
constexpr std::size_t kLoops = 2;

// A PING that is held, and how often it ended.
struct Held {
  std::atomic<std::uint64_t> id = 0;
  std::atomic<int> ends = 0;
};

// Whether an end of that loop is being told on this thread.
thread_local std::array<bool, kLoops> telling{};
// What this thread draws.
thread_local std::mt19937 draws;
std::size_t Below(std::size_t bound) { return draws() % bound; }
bool OneIn(std::size_t bound) { return Below(bound) == 0; }

int Calls() {
  const char* const value = std::getenv("MAILWAKE_STRESS_CALLS");
  return value == nullptr ? 20'000 : std::atoi(value);
}

enum class Storm { kBySync, kByPing, kDrained };

class Stress {
 public:
  explicit Stress(Storm storm) : storm_(storm), engine_(Engine::Create(MakeOptions(), store_).value()) {
    for (std::size_t i = 1; i < kLoops; ++i) loops_[i] = engine_->AddLoop([] {});
    engine_->observers().ended.connect([this](std::span<const EndRecord> ends) { observed_ += ends.size(); });
  }

  void Run() {
    std::vector<std::thread> callers, others;
    for (unsigned seed = 0; seed < 3; ++seed) {
      callers.emplace_back([this, seed] {
        draws.seed(seed);
        // A drain comes late, and not before all else has happened, however the threads are scheduled.
        for (int left = Calls(); left > 0 || (storm_ == Storm::kDrained && !drains_); --left) {
          if (storm_ == Storm::kDrained && left <= Calls() / 4 && AllCameOften()) drains_ = true;
          Call();
        }
      });
    }
    for (std::size_t i = 1; i < kLoops; ++i) others.emplace_back([this, i] { Deliver(loops_[i]); });
    others.emplace_back([this] { Advance(); });
    for (std::thread& thread : callers) thread.join();
    if (storm_ == Storm::kDrained) engine_->Drain(20ms);
    stop_ = true;
    for (std::thread& thread : others) thread.join();
  }

  // Everybody ends, and each did once.
  void Finish() {
    for (std::size_t i = 0; i < kMailboxes + kPassing + kQuiet && storm_ != Storm::kDrained; ++i) engine_->EndMailbox(Mailbox(i));
    while (engine_->stats().pings_held > 0 || Pending() || Delivered() > 0) Turn(200);
    Flush();
    engine_->CheckInvariants();
    EXPECT_EQ(answers_.load(), asked_.load());
    const auto wrong = std::count_if(held_.begin(), held_.end(), [](const auto& held) { return held->ends != 1; });
    EXPECT_EQ(wrong, 0) << "of " << held_.size() << " PINGs did not end once";
    EXPECT_EQ(observed_.load(), held_.size());
    for (std::size_t i = 0; i < kEndReasons; ++i) std::cout << Name(static_cast<EndReason>(i)) << ' ' << ends_[i] << ' ';
    std::cout << '\n';
    for (EndReason reason : kOften)
      EXPECT_GT(ends_[static_cast<std::size_t>(reason)], kFew) << Name(reason) << ": too few to mean anything";
    EXPECT_EQ(ends_[static_cast<std::size_t>(EndReason::kDrained)] > 0, storm_ == Storm::kDrained);
  }

  // Nobody sleeps through a change when all is over.
  void WakeAll() {
    store_.failing = false;
    std::atomic<int> woken = 0;
    for (std::size_t i = 0; i < kMailboxes; ++i) {
      const std::string mailbox = Mailbox(i);
      engine_->Hold({.mailbox = mailbox, .device = "last", .heartbeat = 600s, .folders = {{{"calm", ItemClass::kEmail}}}},
                    [&woken](const PingEnd& end) {
                      EXPECT_TRUE(end.reason == EndReason::kChanged || end.reason == EndReason::kResync) << Name(end.reason);
                      ++woken;
                    });
    }
    for (std::size_t i = 0; i < kMailboxes; ++i) {
      const std::string mailbox = Mailbox(i);
      for (std::atomic<int> outcome = 0; outcome != 1;) {  // until it is acknowledged, as a source does
        outcome = 0;
        engine_->Publish({{.mailbox = mailbox, .folder = "calm"}},
                         [&outcome](const absl::Status& status) { outcome = status.ok() ? 1 : 2; });
        while (outcome == 0) Turn(0);
      }
    }
    Turn(1);
    EXPECT_EQ(woken, static_cast<int>(kMailboxes));
    Flush();
  }

 private:
  static constexpr std::array kOften = {EndReason::kChanged, EndReason::kHierarchy, EndReason::kSuperseded, EndReason::kCancelled};
  static constexpr std::uint64_t kFew = 10;

  bool AllCameOften() const {
    return std::ranges::all_of(kOften, [this](EndReason reason) { return ends_[static_cast<std::size_t>(reason)] > kFew; });
  }

  Options MakeOptions() {
    Options options;
    options.shards = 4;
    options.heartbeat_min = 1s;
    options.coalesce[1] = 3ms;
    options.limits.idle_mailboxes = 2;
    options.limits.trace = 16;
    if (storm_ == Storm::kByPing) options.acknowledge = Acknowledge::kPing;
    options.clock = [this] { return Time(Duration(now_ms_.load())); };
    return options;
  }

  static std::string Mailbox(std::size_t i) { return "mailbox" + std::to_string(i); }
  // Decided ends whose turn had not come; their completions may publish.
  std::size_t Delivered() { return engine_->Deliver(0) + engine_->Deliver(loops_[1]); }
  void Flush() {
    std::atomic<bool> flushed = false;
    engine_->Flush([&flushed] { flushed = true; });
    while (!flushed) Turn(200);
  }
  bool Pending() { return answers_ < asked_; }
  void Turn(std::int64_t step_ms) {
    engine_->advance(Time(Duration(now_ms_.fetch_add(step_ms))));
    for (std::size_t i = 1; i < kLoops; ++i) engine_->Deliver(loops_[i]);
    std::this_thread::yield();
  }

  void Advance() {
    while (!stop_) {
      engine_->advance(Time(Duration(now_ms_.fetch_add(OneIn(500) ? 6'000 : static_cast<std::int64_t>(Below(400))))));  // sometimes a pause
      engine_->next_deadline();
      std::this_thread::yield();
    }
  }
  void Deliver(LoopId loop) {
    while (!stop_) engine_->Deliver(loop, 3);
  }

  // Sometimes the answer, which may come on the store's thread, makes a call itself.
  Engine::DoneCallback Answer() {
    ++asked_;
    return [this](const absl::Status&) {
      if (!stop_ && OneIn(10)) Call();
      ++answers_;
    };
  }

  // `depth`: how often an end holds the next PING itself.
  void Hold(const std::string& mailbox, const std::string& device, PingKind kind, LoopId loop, std::size_t depth) {
    Held* held = nullptr;
    {
      const std::lock_guard lock(mutex_);
      held = held_.emplace_back(std::make_unique<Held>()).get();
    }
    const PingId id = engine_->Hold({.mailbox = mailbox,
                                     .device = device,
                                     .heartbeat = 1s,
                                     .folders = {{{kFolders[0], ItemClass::kEmail}, {kFolders[2], ItemClass::kCalendar}}},
                                     .kind = kind,
                                     .loop = loop},
                                    [this, held, mailbox, device, kind, loop, depth](const PingEnd& end) {
                                      EXPECT_FALSE(std::exchange(telling[loop], true)) << "nested";
                                      ++held->ends;
                                      ++ends_[static_cast<std::size_t>(end.reason)];
                                      if (OneIn(2)) engine_->Delivered(mailbox, device, end.id);
                                      if (depth > 0 && !stop_) Hold(mailbox, device, kind, loop, depth - 1);
                                      if (!stop_ && OneIn(2)) Call();
                                      telling[loop] = false;
                                    });
    held->id = id.value;
  }

  static ItemClass ClassOf(std::string_view folder) {
    return folder == "cal" ? ItemClass::kCalendar : folder == "con" ? ItemClass::kContacts : ItemClass::kEmail;
  }
  void Publish(const std::string& mailbox, std::string_view folder) {
    const std::string device = OneIn(3) ? AnyDevice() : std::string();
    const auto host_version = OneIn(4) ? std::optional<std::uint64_t>(host_version_ += Below(2)) : std::nullopt;  // a repeat, or the next
    engine_->Publish(
        {{.mailbox = mailbox, .folder = folder, .item_class = ClassOf(folder), .device = device, .host_version = host_version}}, Answer());
  }
  void PublishMany() {
    std::vector<Change> changes;
    const std::array<std::string, 3> mailboxes = {AnyMailbox(), AnyMailbox(), AnyMailbox()};
    for (const std::string& each : mailboxes) changes.push_back({.mailbox = each, .folder = "inbox"});
    if (OneIn(20)) changes.back().folder = {};  // refused whole
    engine_->Publish(changes, Answer());
  }
  // Most of the folders; "calm" stays, for WakeAll.
  void SetFolders() {
    std::vector<DeclaredFolder> list = {{.id = "calm", .name = "calm"}};
    for (std::string_view folder : kFolders) {
      if (OneIn(8)) continue;
      list.push_back({.id = std::string(folder), .name = "it", .item_class = OneIn(8) ? ItemClass::kTasks : ClassOf(folder)});
    }
    engine_->SetFolders(Mailbox(Below(kDeclared)), std::move(list), Answer());
  }

  static std::string AnyMailbox() { return Mailbox(OneIn(8) ? kMailboxes + Below(kPassing) : Below(kMailboxes)); }
  static std::string QuietMailbox() { return Mailbox(kMailboxes + kPassing + Below(kQuiet)); }
  static std::string AnyDevice() { return "device" + std::to_string(Below(kDevices)); }

  // One call of some kind, most often of those that devices and sources make.
  void Call() {
    const std::string mailbox = AnyMailbox();
    const std::string device = AnyDevice();
    const std::string_view folder = kFolders[Below(kFolders.size())];
    switch (Below(24)) {
      default:
        return Hold(OneIn(10) ? QuietMailbox() : mailbox, device, OneIn(5) ? PingKind::kSync : PingKind::kPing, loops_[Below(kLoops)],
                    Below(4));
      case 6:
      case 7:
      case 8:
      case 9:
        return Publish(mailbox, folder);
      case 10:
      case 11:
        return engine_->EndSync(engine_->BeginSync(mailbox, device), {"inbox", "sent", "cal", "con"}, Answer());
      case 12:
      case 13:
        engine_->Cancel(RecentId());
        return;
      case 14:
        return engine_->ResetCursor(mailbox, device, folder, Answer());
      case 15:
        return engine_->Delivered(mailbox, device, RecentId());
      case 16:
        engine_->EndDevice(mailbox, device);
        return;
      case 17:
        engine_->Shed(Below(3));
        return;
      case 18:
        return LookIn(mailbox, device);
      case 19:
        return PublishMany();
      case 20:
        ++asked_;
        return engine_->BeginFolderSync(mailbox, [this, mailbox, device](const absl::StatusOr<FolderList>& list) {
          if (list.ok()) engine_->EndFolderSync(mailbox, device, list->version, Answer());
          ++answers_;
        });
      case 21:
        engine_->Deliver(loops_[Below(kLoops)], 1 + Below(3));
        return;
      case 22:
      case 23:
        return RareCall(mailbox);
    }
  }

  void RareCall(const std::string& mailbox) {
    switch (Below(40)) {
      case 0:
      case 1:
        return engine_->Suspect(mailbox, Answer());
      case 2:
        return engine_->Suspect(std::nullopt, Answer());
      case 3:
      case 4:
        return engine_->CheckInvariants();
      case 5:
        engine_->EndMailbox(mailbox);
        return;
      case 6:
      case 7:
        ++asked_;
        return engine_->Flush([this] { ++answers_; });
      case 8:
      case 9:
        engine_->advance(Time(Duration(now_ms_ - 1)));  // backwards, for some
        return;
      case 10:
        if (drains_) engine_->Drain(20ms);
        return;
      case 11: {
        const boost::signals2::scoped_connection briefly = engine_->observers().ended.connect([](std::span<const EndRecord>) {});
        return;
      }
      default:
        if (OneIn(4)) SetFolders();
    }
  }

  void LookIn(const std::string& mailbox, const std::string& device) {
    engine_->Explain(mailbox, device);
    engine_->Pings(5);
    engine_->stats();
    engine_->Heartbeats(PingKind::kPing);
    engine_->next_deadline();
  }

  // Of a PING that was held not long ago, ended or not.
  PingId RecentId() {
    const std::lock_guard lock(mutex_);
    return {held_.empty() ? 0 : held_[held_.size() - 1 - Below(std::min<std::size_t>(held_.size(), 30))]->id.load()};
  }

  const Storm storm_;
  SlowStore store_;
  std::atomic<std::int64_t> now_ms_ = 1'000'000;
  std::unique_ptr<Engine> engine_;
  std::array<LoopId, kLoops> loops_{};
  std::atomic<bool> stop_ = false;
  std::atomic<bool> drains_ = false;
  std::atomic<std::uint64_t> host_version_ = 1;
  std::atomic<std::uint64_t> asked_ = 0;
  std::atomic<std::uint64_t> answers_ = 0;
  std::atomic<std::uint64_t> observed_ = 0;
  std::array<std::atomic<std::uint64_t>, kEndReasons> ends_{};
  std::mutex mutex_;
  std::deque<std::unique_ptr<Held>> held_;
};

TEST(StressTest, EveryCallFromManyThreadsEndsEachPingOnce) {
  Stress stress(Storm::kBySync);
  stress.Run();
  stress.Finish();
  stress.WakeAll();
}

TEST(StressTest, PingsThatAcknowledgeEndOnceToo) {
  Stress stress(Storm::kByPing);
  stress.Run();
  stress.Finish();
  stress.WakeAll();
}

TEST(StressTest, ADrainInTheMiddleEndsEverybody) {
  Stress stress(Storm::kDrained);
  stress.Run();
  stress.Finish();
}

}  // namespace
}  // namespace mailwake
