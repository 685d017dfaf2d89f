// SPDX-License-Identifier: Apache-2.0
//
// SignalBits: tells the owner of an event loop that shards have something for it, once for however many there are until it looks.
//
// A shard puts work into its list (under its lock) and then calls Raise; the owner, when it was told, calls Begin, Take, reads the lists
// of the shards whose bits it took, and calls End. Any thread may deliver in the owner's place; one does at a time.
//
// Threads:    every call from any thread. Sequentially consistent operations only; tests/engine/schedules_test.cc runs this code under
//             every schedule of a few threads.
// Cost:       one atomic operation a call.
// Invariants: while a list is not empty, its bit is set, or is about to be, or a delivery that has taken the bit is reading it; and while a
//             bit is set, the owner has been told and has not yet begun, or a delivery is running whose End will say so.
// Example:    if (bits.Raise(shard)) ready();   and   if (bits.Begin()) { Read(bits.Take()); if (bits.End()) ready(); }

#ifndef MAILWAKE_SRC_SIGNAL_BITS_H_
#define MAILWAKE_SRC_SIGNAL_BITS_H_

#include <atomic>
#include <cstdint>

namespace mailwake {

template <template <typename> typename Atomic>
class BasicSignalBits {
 public:
  // There is work of that number, below 64. True: the owner must be told.
  bool Raise(std::uint32_t number) { return bits_.fetch_or(std::uint64_t{1} << number, std::memory_order_seq_cst) == 0; }
  bool raised() const { return bits_.load(std::memory_order_seq_cst) != 0; }

  // False: another delivery is running, perhaps further up this very stack; its End will see what there is.
  bool Begin() { return !delivering_.exchange(true, std::memory_order_seq_cst); }
  // Whose lists to read now.
  std::uint64_t Take() { return bits_.exchange(0, std::memory_order_seq_cst); }
  // Not all of that one was read: End will say so.
  void Keep(std::uint32_t number) { bits_.fetch_or(std::uint64_t{1} << number, std::memory_order_seq_cst); }
  // True: the owner must be told again: there is more, and who asked meanwhile was turned away.
  bool End() {
    delivering_.store(false, std::memory_order_seq_cst);
    return raised();
  }

 private:
  Atomic<std::uint64_t> bits_{0};
  Atomic<bool> delivering_{false};
};

using SignalBits = BasicSignalBits<std::atomic>;

}  // namespace mailwake

#endif  // MAILWAKE_SRC_SIGNAL_BITS_H_
