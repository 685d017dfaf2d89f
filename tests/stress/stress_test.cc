// SPDX-License-Identifier: Apache-2.0
//
// Every call of the engine from many threads at once, and out of completions, on few mailboxes so that they meet. Each PING ends exactly
// once, and no completion runs inside another; every answer comes once; nothing remains when all have ended; and after
// the storm a change wakes whoever waits. Meant for ThreadSanitizer (PRESET=tsan); without it, it still counts.
//
// MAILWAKE_STRESS_CALLS=n  how many each of the calling threads makes (default 20000)

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "mailwake/adapters/memory_store.h"
#include "mailwake/engine.h"
#include "mailwake/observers.h"

namespace mailwake {
namespace {

using namespace std::chrono_literals;  // NOLINT

constexpr std::size_t kMailboxes = 6;
constexpr std::size_t kDevices = 3;
constexpr std::array<std::string_view, 4> kFolders = {"inbox", "sent", "cal", "con"};
constexpr std::size_t kLoops = 2;

// Answers on a thread of its own, somewhat later, and sometimes with an error.
class SlowStore : public Store {
 public:
  ~SlowStore() override {
    stop_ = true;
    thread_.join();
  }
  OpenState opened() const override { return store_->opened(); }
  void Load(std::string mailbox, LoadCallback done) override {
    Later([this, mailbox = std::move(mailbox), done = std::move(done)]() mutable {
      if (failing && ++calls_ % 97 == 0) return done(absl::UnavailableError("a test"));
      store_->Load(std::move(mailbox), std::move(done));
    });
  }
  void Commit(const WriteBatch& batch, DoneCallback done) override {
    Later([this, &batch, done = std::move(done)]() mutable {
      if (failing && ++calls_ % 97 == 0) return done(absl::UnavailableError("a test"));
      store_->Commit(batch, std::move(done));
    });
  }
  void AgeOut(Time before, AgeOutCallback done) override { store_->AgeOut(before, std::move(done)); }

  std::atomic<bool> failing = true;

 private:
  void Later(absl::AnyInvocable<void()> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  void Run() {
    while (true) {
      std::deque<absl::AnyInvocable<void()>> work;
      {
        const std::lock_guard lock(mutex_);
        work.swap(work_);
      }
      if (work.empty() && stop_) return;
      if (work.empty()) std::this_thread::yield();
      for (auto& each : work) each();
    }
  }

  const std::unique_ptr<Store> store_ = NewMemoryStore();
  std::mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> work_;
  std::atomic<int> calls_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_{[this] { Run(); }};
};

// A PING that is held, and how often it ended.
struct Held {
  std::atomic<std::uint64_t> id = 0;
  std::atomic<int> ends = 0;
};

// Whether a completion runs on this thread.
thread_local bool completing = false;

int Calls() {
  const char* const value = std::getenv("MAILWAKE_STRESS_CALLS");
  return value == nullptr ? 20'000 : std::atoi(value);
}

class Stress {
 public:
  Stress() : engine_(Engine::Create(MakeOptions(), store_).value()) {
    for (std::size_t i = 1; i < kLoops; ++i) loops_[i] = engine_->AddLoop([] {});
    engine_->observers().ended.connect([this](std::span<const EndRecord> ends) { observed_ += ends.size(); });
  }

  void Run() {
    std::vector<std::thread> callers, others;
    for (unsigned seed = 0; seed < 3; ++seed) {
      callers.emplace_back([this, seed] {
        std::mt19937 random(seed);
        for (int calls = Calls(); calls > 0; --calls) Call(random);
      });
    }
    for (std::size_t i = 1; i < kLoops; ++i) others.emplace_back([this, i] { Deliver(loops_[i]); });
    others.emplace_back([this] { Advance(); });
    for (std::thread& thread : callers) thread.join();
    stop_ = true;
    for (std::thread& thread : others) thread.join();
  }

  // Everybody ends, and each did once.
  void Finish() {
    for (std::size_t i = 0; i < kMailboxes; ++i) engine_->EndMailbox(Mailbox(i));
    std::atomic<bool> flushed = false;
    engine_->Flush([&flushed] { flushed = true; });
    while (!flushed || engine_->stats().pings_held > 0 || Pending() || Delivered() > 0) Turn(200);
    engine_->CheckInvariants();
    EXPECT_EQ(answers_.load(), asked_.load());
    const auto wrong = std::count_if(held_.begin(), held_.end(), [](const auto& held) { return held->ends != 1; });
    EXPECT_EQ(wrong, 0) << "of " << held_.size() << " PINGs did not end once";
    EXPECT_EQ(observed_.load(), held_.size());
    EXPECT_GT(held_.size(), 1000u) << "too few to mean anything";
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
  }

 private:
  Options MakeOptions() {
    Options options;
    options.shards = 4;
    options.heartbeat_min = 1s;
    options.coalesce[1] = 3ms;
    options.limits.idle_mailboxes = 2;
    options.limits.trace = 16;
    options.clock = [this] { return Time(Duration(now_ms_.load())); };
    return options;
  }

  static std::string Mailbox(std::size_t i) { return "mailbox" + std::to_string(i % kMailboxes); }
  // Decided ends whose turn had not come; their completions may publish.
  std::size_t Delivered() { return engine_->Deliver(0) + engine_->Deliver(loops_[1]); }
  bool Pending() { return answers_ < asked_; }
  void Turn(std::int64_t step_ms) {
    engine_->advance(Time(Duration(now_ms_.fetch_add(step_ms))));
    for (std::size_t i = 1; i < kLoops; ++i) engine_->Deliver(loops_[i]);
    std::this_thread::yield();
  }

  void Advance() {
    while (!stop_) {
      engine_->advance(Time(Duration(now_ms_.fetch_add(7))));
      engine_->next_deadline();
      std::this_thread::yield();
    }
  }
  void Deliver(LoopId loop) {
    while (!stop_) engine_->Deliver(loop, 3);
  }

  Engine::DoneCallback Answer() {
    ++asked_;
    return [this](const absl::Status&) { ++answers_; };
  }

  // `depth`: how often a completion holds the next PING itself.
  void Hold(const std::string& mailbox, const std::string& device, PingKind kind, LoopId loop, int depth) {
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
                                    [this, held, mailbox, device, kind, loop, depth](const PingEnd&) {
                                      EXPECT_FALSE(std::exchange(completing, true)) << "nested";
                                      ++held->ends;
                                      if (depth > 0 && !stop_) Hold(mailbox, device, kind, loop, depth - 1);
                                      if (depth == 2) Publish(mailbox, kFolders[0], device);
                                      completing = false;
                                    });
    held->id = id.value;
  }

  void Publish(const std::string& mailbox, std::string_view folder, std::string_view device) {
    const ItemClass item_class = folder == "cal" ? ItemClass::kCalendar : folder == "con" ? ItemClass::kContacts : ItemClass::kEmail;
    engine_->Publish({{.mailbox = mailbox, .folder = folder, .item_class = item_class, .device = device}}, Answer());
  }

  void Call(std::mt19937& random) {
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    const std::string mailbox = Mailbox(below(kMailboxes));
    const std::string device = "device" + std::to_string(below(kDevices));
    const std::string_view folder = kFolders[below(kFolders.size())];
    switch (below(24)) {
      default:
        Hold(mailbox, device, below(5) == 0 ? PingKind::kSync : PingKind::kPing, loops_[below(kLoops)], static_cast<int>(below(4)));
        break;
      case 6:
      case 7:
      case 8:
      case 9:
        Publish(mailbox, folder, below(3) == 0 ? device : std::string());
        break;
      case 10:
      case 11: {
        const SyncTicket ticket = engine_->BeginSync(mailbox, device);
        engine_->EndSync(ticket, {"inbox", "sent", "cal", "con"}, Answer());
        break;
      }
      case 12:
      case 13:
        CancelSome(random);
        break;
      case 14:
        engine_->ResetCursor(mailbox, device, folder, Answer());
        break;
      case 15:
        if (below(20) == 0) engine_->Suspect(below(2) == 0 ? std::optional<std::string_view>(mailbox) : std::nullopt, Answer());
        break;
      case 16:
        engine_->EndDevice(mailbox, device);
        break;
      case 17:
        engine_->Shed(below(3));
        break;
      case 18:
        engine_->Explain(mailbox, device);
        engine_->Pings(5);
        engine_->stats();
        engine_->Heartbeats(PingKind::kPing);
        break;
      case 19:
        if (below(10) == 0) engine_->CheckInvariants();
        break;
      case 20:
        if (below(50) == 0) engine_->EndMailbox(mailbox);
        break;
      case 21:
        if (below(20) == 0) {
          ++asked_;
          engine_->Flush([this] { ++answers_; });
        }
        break;
      case 22: {
        std::vector<Change> changes;
        std::array<std::string, 3> mailboxes = {Mailbox(below(kMailboxes)), Mailbox(below(kMailboxes)), Mailbox(below(kMailboxes))};
        for (const std::string& each : mailboxes) changes.push_back({.mailbox = each, .folder = "inbox"});
        engine_->Publish(changes, Answer());
        break;
      }
      case 23:
        ++asked_;
        engine_->BeginFolderSync(mailbox, [this, mailbox, device](const absl::StatusOr<FolderList>& list) {
          if (list.ok()) engine_->EndFolderSync(mailbox, device, list->version, Answer());
          ++answers_;
        });
    }
  }

  void CancelSome(std::mt19937& random) {
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      if (!held_.empty()) id = held_[held_.size() - 1 - random() % std::min<std::size_t>(held_.size(), 30)]->id;
    }
    engine_->Cancel({id});
  }

  SlowStore store_;
  std::atomic<std::int64_t> now_ms_ = 1'000'000;
  std::unique_ptr<Engine> engine_;
  std::array<LoopId, kLoops> loops_{};
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> asked_ = 0;
  std::atomic<std::uint64_t> answers_ = 0;
  std::atomic<std::uint64_t> observed_ = 0;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Held>> held_;
};

TEST(StressTest, EveryCallFromManyThreadsEndsEachPingOnce) {
  Stress stress;
  stress.Run();
  stress.Finish();
  stress.WakeAll();
}

}  // namespace
}  // namespace mailwake
