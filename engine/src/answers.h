// SPDX-License-Identifier: Apache-2.0
//
// Answers: counts the answers of the store that are being dealt with, so that an engine does not go while one of them is: once the last
// write is confirmed, Flush may tell its caller, on any thread, while another thread is still telling those who waited for that write.
//
// Threads:    Await from one thread, where nothing begins any more; the rest from any thread.
// Cost:       two atomic operations an answer, on a line that the shard uses anyway.
// Invariants: the count falls in the last operation of the answer on the engine's memory, and in no other. Whoever saw the shard idle saw
//             the count rise (it rises before the lock is taken under which the shard becomes idle); so Await returns after that operation.
// Example:    const Answers::One one(shard.answers());   and, to end:   shard.answers().Await();

#ifndef MAILWAKE_SRC_ANSWERS_H_
#define MAILWAKE_SRC_ANSWERS_H_

#include <atomic>
#include <cstdint>
#include <thread>

namespace mailwake {

class Answers {
 public:
  class One {
   public:
    explicit One(Answers& answers) : count_(answers.count_) { count_.fetch_add(1, std::memory_order_relaxed); }
    ~One() { count_.fetch_sub(1, std::memory_order_release); }
    One(const One&) = delete;
    One& operator=(const One&) = delete;

   private:
    std::atomic<std::uint32_t>& count_;
  };

  // None waits for anybody, so this is short.
  void Await() const {
    while (count_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  }

 private:
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_ANSWERS_H_
