// SPDX-License-Identifier: Apache-2.0
//
// Mutex: a lock of one word that clang's -Wthread-safety understands. Taking it free costs one atomic operation; a thread that finds it
// taken spins for the length of a short critical section and then sleeps in the kernel. (std::mutex is ten times as large, costs a call
// each way, and carries no annotations in libstdc++; absl::Mutex of a packaged abseil is invisible to ThreadSanitizer.)
//
// Threads:    any. Not recursive, not fair. tests/engine/schedules_test.cc runs this code under every schedule of a few threads.
// Invariants: (1) state is kFree exactly while nobody has the lock. Who takes it acquires what the last owner released: everything between
//                 is an exchange, which continues the release sequence, so each owner sees what those before him wrote;
//             (2) nobody sleeps but on kAwaited, and whoever gives back a lock that is kAwaited wakes one;
//             (3) who has slept takes the lock as kAwaited again, since others may sleep: none is forgotten.
// Example:    Mutex mutex; int count ABSL_GUARDED_BY(mutex); ... MutexLock lock(mutex); ++count;

#ifndef MAILWAKE_MUTEX_H_
#define MAILWAKE_MUTEX_H_

#include <absl/base/thread_annotations.h>

#include <atomic>

namespace mailwake {

// `Atomic`: std::atomic, but for tests; `kSpins`: how often a taken lock is looked at before sleep.
template <template <typename> typename Atomic, int kSpins>
class ABSL_LOCKABLE BasicMutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!try_lock()) Wait();
  }
  void unlock() ABSL_UNLOCK_FUNCTION() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) state_.notify_one();
  }
  bool try_lock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) {
    int free = kFree;
    return state_.compare_exchange_strong(free, kTaken, std::memory_order_acquire, std::memory_order_relaxed);
  }

 private:
  static constexpr int kFree = 0;
  static constexpr int kTaken = 1;
  static constexpr int kAwaited = 2;  // taken, and somebody may sleep

  void Wait() {
    for (int i = 0; i < kSpins; ++i) {
      int free = kFree;
      if (state_.load(std::memory_order_relaxed) == kFree &&
          state_.compare_exchange_weak(free, kTaken, std::memory_order_acquire, std::memory_order_relaxed)) {
        return;
      }
    }
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) state_.wait(kAwaited, std::memory_order_relaxed);
  }

  Atomic<int> state_{kFree};
};

using Mutex = BasicMutex<std::atomic, 100>;

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace mailwake

#endif  // MAILWAKE_MUTEX_H_
