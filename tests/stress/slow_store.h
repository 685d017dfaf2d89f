// SPDX-License-Identifier: Apache-2.0
//
// SlowStore: a store in memory that answers on a thread of its own, somewhat later, and sometimes with an error.
//
// Threads:    as any store; its answers come on its one thread.
// Example:    SlowStore store; Engine::Create(options, store); ... store.failing = false;

#ifndef MAILWAKE_TESTS_STRESS_SLOW_STORE_H_
#define MAILWAKE_TESTS_STRESS_SLOW_STORE_H_

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "mailwake/adapters/memory_store.h"
#include "mailwake/store.h"

namespace mailwake {

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

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_STRESS_SLOW_STORE_H_
