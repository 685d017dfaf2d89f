// SPDX-License-Identifier: Apache-2.0
//
// Bell: threads sleep until it is rung.
//
// Threads:    any. Whoever looks for work reads `rings` first, then looks, then sleeps on what it read: a ring in between wakes it.
// Cost:       a ring that nobody hears is one atomic addition. (A condition variable for any lock takes a second lock inside, at which the
//             sleeper that was woken meets the one that wakes it.)
// Example:    for (auto rings = bell.rings(); !Found(); rings = bell.rings()) bell.Sleep(rings);   ...  Put(); bell.RingOne();

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_BELL_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_BELL_H_

#include <atomic>

namespace mailwake {

class Bell {
 public:
  int rings() const { return rings_.load(std::memory_order_acquire); }
  void Sleep(int rings) const { rings_.wait(rings, std::memory_order_acquire); }
  void RingOne() {
    rings_.fetch_add(1, std::memory_order_release);
    rings_.notify_one();
  }
  void RingAll() {
    rings_.fetch_add(1, std::memory_order_release);
    rings_.notify_all();
  }

 private:
  std::atomic<int> rings_{0};
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_BELL_H_
