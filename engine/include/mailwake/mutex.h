// SPDX-License-Identifier: Apache-2.0
//
// A std::mutex that clang's -Wthread-safety understands. (std::mutex itself carries no annotations in libstdc++; absl::Mutex of a packaged
// abseil is invisible to ThreadSanitizer.)
//
// Example:    Mutex mutex; int count ABSL_GUARDED_BY(mutex); ... MutexLock lock(mutex); ++count;

#ifndef MAILWAKE_MUTEX_H_
#define MAILWAKE_MUTEX_H_

#include <absl/base/thread_annotations.h>

#include <mutex>

namespace mailwake {

class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  bool try_lock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

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
