// SPDX-License-Identifier: Apache-2.0
//
// Schedules: runs a few threads under every order of their atomic operations, one after the other, on real code whose atomics are
// ExploredAtomic: what loom and relacy do, in small. Sequentially consistent orders only.
//
// The threads are coroutines of one thread; at each operation on an ExploredAtomic any of them may go on. One that sleeps in wait() goes on
// only after a notify_one(), which wakes whoever has slept longest. If all who are left sleep, that is a failure.
//
// Threads:    one.
// Cost:       every schedule runs whole: a handful of threads with a dozen operations each.
// Example:    std::uint64_t count = Schedules::Explore([] { return Scenario{threads, check}; });

#ifndef MAILWAKE_TESTS_SUPPORT_SCHEDULES_H_
#define MAILWAKE_TESTS_SUPPORT_SCHEDULES_H_

#include <gtest/gtest.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace mailwake::testing {

struct Scenario {
  std::vector<std::function<void()>> threads;
  std::function<void()> check;  // when all have ended
  // Nothing that threads share comes before the first operation of each: its beginning is choice enough.
  bool begin_with_operations = false;
};

class Schedules {
 public:
  // Makes the scenario anew for each schedule. Answers how many schedules there are.
  static std::uint64_t Explore(const std::function<Scenario()>& make) {
    std::vector<std::size_t> choices;  // which of the threads that can go on goes on, at each step
    for (std::uint64_t count = 1;; ++count) {
      std::vector<std::size_t> options;
      Schedules(make()).Run(choices, options);
      while (!choices.empty() && choices.back() + 1 == options[choices.size() - 1]) choices.pop_back();
      if (choices.empty()) return count;
      ++choices.back();
    }
  }

  // Another thread may go on here.
  static void Yield() {
    if (running() == nullptr || running()->owner->alive_.size() == 1) return;
    if (!std::exchange(running()->begun, true) && running()->owner->scenario_.begin_with_operations) return;
    Switch();
  }
  // The running thread sleeps until a Wake of the same place.
  static void Sleep(const void* place) {
    running()->asleep = place;
    Switch();
  }
  static void Wake(const void* place) {
    std::vector<Thread*>& sleeping = running()->owner->sleeping_;
    const auto longest = std::ranges::find(sleeping, place, &Thread::asleep);
    if (longest == sleeping.end()) return;
    (*longest)->asleep = nullptr;
    running()->owner->alive_.push_back(*longest);
    sleeping.erase(longest);
  }

 private:
  static constexpr std::size_t kStackBytes = 64 * 1024;
  struct Thread {
    Schedules* owner;
    const std::function<void()>* body;
    ucontext_t context;
    std::unique_ptr<char[]> stack = std::make_unique_for_overwrite<char[]>(kStackBytes);  // NOLINT: no value is needed
    const void* asleep = nullptr;
    bool begun = false;
    bool ended = false;
  };

  explicit Schedules(Scenario scenario) : scenario_(std::move(scenario)) {
    for (const auto& body : scenario_.threads) {
      threads_.push_back(std::make_unique<Thread>(Thread{.owner = this, .body = &body, .context = {}}));
      ucontext_t& context = threads_.back()->context;
      getcontext(&context);
      context.uc_stack.ss_sp = threads_.back()->stack.get();
      context.uc_stack.ss_size = kStackBytes;
      context.uc_link = &scheduler_;
      makecontext(&context, &Schedules::Body, 0);
    }
  }

  static Thread*& running() {
    static Thread* running = nullptr;
    return running;
  }
  static void Switch() { swapcontext(&running()->context, &running()->owner->scheduler_); }
  static void Body() {
    Thread* const self = running();
    (*self->body)();
    self->ended = true;
  }

  void Run(std::vector<std::size_t>& choices, std::vector<std::size_t>& options) {
    for (const auto& thread : threads_) alive_.push_back(thread.get());
    for (std::size_t step = 0; !alive_.empty(); ++step) {
      if (step == choices.size()) choices.push_back(0);
      options.push_back(alive_.size());
      running() = alive_[choices[step]];
      swapcontext(&scheduler_, &running()->context);
      if (running()->ended || running()->asleep != nullptr) std::erase(alive_, running());
      if (running()->asleep != nullptr) sleeping_.push_back(running());
      running() = nullptr;
    }
    EXPECT_TRUE(sleeping_.empty()) << "nobody is left to wake those who sleep";
    scenario_.check();
  }

  const Scenario scenario_;
  ucontext_t scheduler_{};
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Thread*> alive_;     // may go on
  std::vector<Thread*> sleeping_;  // longest first
};

// As much of std::atomic as the explored code uses.
template <typename T>
class ExploredAtomic {
 public:
  ExploredAtomic(T value) : value_(value) {}  // NOLINT: implicit, as std::atomic

  T load(std::memory_order) const {
    Schedules::Yield();
    return value_;
  }
  void store(T value, std::memory_order) {
    Schedules::Yield();
    value_ = value;
  }
  T exchange(T value, std::memory_order) {
    Schedules::Yield();
    return std::exchange(value_, value);
  }
  T fetch_or(T bits, std::memory_order) {
    Schedules::Yield();
    return std::exchange(value_, value_ | bits);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order) {
    Schedules::Yield();
    if (value_ == expected) {
      value_ = value;
      return true;
    }
    expected = value_;
    return false;
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order order, std::memory_order) {
    return compare_exchange_weak(expected, value, order);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order order, std::memory_order) {
    return compare_exchange_weak(expected, value, order);
  }
  void wait(T old, std::memory_order) const {
    Schedules::Yield();
    while (value_ == old) Schedules::Sleep(this);
  }
  void notify_one() {
    Schedules::Yield();
    Schedules::Wake(this);
  }

 private:
  T value_;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_SUPPORT_SCHEDULES_H_
