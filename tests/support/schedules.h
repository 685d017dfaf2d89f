// SPDX-License-Identifier: Apache-2.0
//
// Schedules: runs a few threads under every order of their atomic operations, one after the other, on real code whose atomics are
// ExploredAtomic: what loom and relacy do, in small. Sequentially consistent orders only.
//
// The threads are coroutines of one thread; at each operation on an ExploredAtomic any of them may go on. A failed expectation names the
// schedule by its number.
//
// Threads:    one.
// Cost:       every schedule runs whole: a handful of threads with a dozen operations each.
// Example:    std::uint64_t count = Schedules::Explore([] { return Scenario{threads, check}; });

#ifndef MAILWAKE_TESTS_SUPPORT_SCHEDULES_H_
#define MAILWAKE_TESTS_SUPPORT_SCHEDULES_H_

#include <ucontext.h>

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
    if (running() != nullptr) swapcontext(&running()->context, &running()->owner->scheduler_);
  }

 private:
  struct Thread {
    Schedules* owner;
    const std::function<void()>* body;
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(64 * 1024);
    bool ended = false;
  };

  explicit Schedules(Scenario scenario) : scenario_(std::move(scenario)) {
    for (const auto& body : scenario_.threads) {
      threads_.push_back(std::make_unique<Thread>(Thread{.owner = this, .body = &body, .context = {}}));
      ucontext_t& context = threads_.back()->context;
      getcontext(&context);
      context.uc_stack.ss_sp = threads_.back()->stack.data();
      context.uc_stack.ss_size = threads_.back()->stack.size();
      context.uc_link = &scheduler_;
      makecontext(&context, &Schedules::Body, 0);
    }
  }

  static Thread*& running() {
    static Thread* running = nullptr;
    return running;
  }
  static void Body() {
    Thread* const self = running();
    (*self->body)();
    self->ended = true;
  }

  void Run(std::vector<std::size_t>& choices, std::vector<std::size_t>& options) {
    std::vector<Thread*> alive;
    for (const auto& thread : threads_) alive.push_back(thread.get());
    for (std::size_t step = 0; !alive.empty(); ++step) {
      if (step == choices.size()) choices.push_back(0);
      options.push_back(alive.size());
      running() = alive[choices[step]];
      swapcontext(&scheduler_, &running()->context);
      if (running()->ended) std::erase(alive, running());
      running() = nullptr;
    }
    scenario_.check();
  }

  const Scenario scenario_;
  ucontext_t scheduler_{};
  std::vector<std::unique_ptr<Thread>> threads_;
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

 private:
  T value_;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_SUPPORT_SCHEDULES_H_
