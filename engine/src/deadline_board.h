// SPDX-License-Identifier: Apache-2.0
//
// DeadlineBoard: when the driver believes that it must call advance() next, so that a shard which becomes due earlier can tell whether to
// wake it.
//
// Threads:    every call from any thread. Sequentially consistent operations only; tests/engine/schedules_test.cc runs this code under
//             every schedule of a few threads.
// Cost:       one atomic load where nothing moves.
// Invariants: after Next returned `due` and until Earlier tells (true) again, no shard is due before `due`: a shard that becomes due
//             earlier while the others are read finds Time::max() posted, and tells.
// Example:    board.Next([&] { return EarliestOfAll(); });   and   if (board.Earlier(due)) deadline_moved();

#ifndef MAILWAKE_SRC_DEADLINE_BOARD_H_
#define MAILWAKE_SRC_DEADLINE_BOARD_H_

#include <atomic>
#include <cstdint>
#include <limits>

namespace mailwake {

template <template <typename> typename Atomic>
class BasicDeadlineBoard {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // A shard has published that it is due then. True: the driver believes in a later time and must be told.
  bool Earlier(std::int64_t due) {
    std::int64_t posted = posted_.load(std::memory_order_seq_cst);
    while (due < posted) {
      if (posted_.compare_exchange_weak(posted, due, std::memory_order_seq_cst)) return true;
    }
    return false;
  }

  // The driver asks: posts and returns what `read_all()` finds.
  template <typename ReadAll>
  std::int64_t Next(ReadAll read_all) {
    posted_.store(kNever, std::memory_order_seq_cst);
    const std::int64_t due = read_all();
    std::int64_t posted = posted_.load(std::memory_order_seq_cst);
    while (due < posted && !posted_.compare_exchange_weak(posted, due, std::memory_order_seq_cst)) {
    }
    return due;
  }

 private:
  Atomic<std::int64_t> posted_{kNever};
};

using DeadlineBoard = BasicDeadlineBoard<std::atomic>;

}  // namespace mailwake

#endif  // MAILWAKE_SRC_DEADLINE_BOARD_H_
