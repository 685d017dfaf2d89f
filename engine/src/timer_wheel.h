// SPDX-License-Identifier: Apache-2.0
//
// TimerWheel: which watches are due next. A hierarchical wheel of 64-slot levels over milliseconds (Varghese and Lauck, 1987), with the
// links inside the timed objects.
//
// A timer sits at the level of the highest 6-bit digit in which its due time differs from the wheel's time, in the slot of that digit. So
// everything in a lower level is due before everything in a higher one, and a step touches only the slots it passes.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Schedule, Postpone, Cancel O(1); Advance O(due) plus at most one move a timer and level; Next O(1). No allocation.
// Invariants: (1) a timer is in at most one slot; (2) Next() is never later than any due time; (3) Advance(now) yields exactly the timers
//             with due <= now; (4) a bit of `occupied_` is set iff its slot is not empty.
// Example:    wheel.Schedule(table, slot, due); wheel.Advance(table, now, [&](Slot slot) { ... });

#ifndef MAILWAKE_SRC_TIMER_WHEEL_H_
#define MAILWAKE_SRC_TIMER_WHEEL_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "engine/src/check.h"
#include "engine/src/packed_number.h"
#include "engine/src/slot_list.h"

namespace mailwake {

// What a timed object carries. `Timers` below is anything with `TimerNode& timer(Slot)`.
struct TimerNode {
  static constexpr std::uint16_t kNowhere = 0xFFFF;
  Links links;
  PackedTime due;
  std::uint16_t place = kNowhere;  // level * 64 + slot

  bool scheduled() const { return place != kNowhere; }
};

class TimerWheel {
 public:
  std::int64_t now() const { return now_ms_; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // REQUIRES: the timer is not scheduled. A due time that has passed is due at the next Advance.
  template <typename Timers>
  void Schedule(Timers& timers, Slot slot, std::int64_t due_ms) {
    TimerNode& node = timers.timer(slot);
    MAILWAKE_CHECK(node.place == TimerNode::kNowhere);
    node.due = PackedTime(due_ms);
    Insert(timers, slot);
    ++size_;
  }

  // Later than it is, without touching any other timer: it stays where it is, and moves on when that time has come.
  // REQUIRES: the timer is scheduled, and not later than that.
  template <typename Timers>
  void Postpone(Timers& timers, Slot slot, std::int64_t due_ms) {
    TimerNode& node = timers.timer(slot);
    MAILWAKE_CHECK(node.scheduled() && node.due.ms() <= due_ms);
    node.due = PackedTime(due_ms);
  }

  // Does nothing if the timer is not scheduled.
  template <typename Timers>
  void Cancel(Timers& timers, Slot slot) {
    TimerNode& node = timers.timer(slot);
    if (node.place == TimerNode::kNowhere) return;
    const std::size_t level = node.place / kSlots;
    const std::size_t index = node.place % kSlots;
    SlotList& list = slots_[level][index];
    list.Remove(slot, LinksIn(timers));
    if (list.empty()) {
      occupied_[level] &= ~(std::uint64_t{1} << index);
      FindNext();
    }
    node.place = TimerNode::kNowhere;
    --size_;
  }

  // A time at or before the earliest due time, exact once that is within 64 ms; nullopt if nothing is scheduled.
  std::optional<std::int64_t> Next() const {
    if (size_ == 0) return std::nullopt;
    return next_ms_;
  }

  // Moves to `now_ms` and calls `expired(slot)` for each timer due by then; the timer is no longer scheduled in the call. The callback may
  // schedule timers, due at the next Advance at the earliest; it must not cancel any.
  template <typename Timers, typename Expired>
  void Advance(Timers& timers, std::int64_t now_ms, Expired expired) {
    SlotList passed;
    Collect(timers, std::max(now_ms, now_ms_), passed);
    FindNext();
    for (Slot slot = passed.PopFront(LinksIn(timers)); slot != kNoSlot; slot = passed.PopFront(LinksIn(timers))) {
      TimerNode& node = timers.timer(slot);
      node.place = TimerNode::kNowhere;
      if (node.due.ms() <= now_ms_) {
        --size_;
        expired(slot);
      } else {
        Insert(timers, slot);
      }
    }
  }

  // Dies if an invariant is broken.
  template <typename Timers>
  void CheckInvariants(Timers& timers) const {
    std::size_t found = 0;
    for (std::size_t level = 0; level < kLevels; ++level) {
      for (std::size_t index = 0; index < kSlots; ++index) {
        const SlotList& list = slots_[level][index];
        MAILWAKE_CHECK(list.empty() == ((occupied_[level] >> index & 1) == 0));
        list.ForEach(LinksIn(timers), [&](Slot slot) {
          MAILWAKE_CHECK(timers.timer(slot).place == level * kSlots + index);
          MAILWAKE_CHECK(*Next() <= std::max(now_ms_, timers.timer(slot).due.ms()));
          ++found;
        });
      }
    }
    MAILWAKE_CHECK(found == size_);
    TimerWheel again = *this;
    again.FindNext();
    MAILWAKE_CHECK(again.next_ms_ == next_ms_);
  }

 private:
  static constexpr std::size_t kBits = 6;
  static constexpr std::size_t kSlots = std::size_t{1} << kBits;
  static constexpr std::size_t kLevels = 8;  // 2^48 ms

  template <typename Timers>
  static auto LinksIn(Timers& timers) {
    return [&timers](Slot slot) -> Links& { return timers.timer(slot).links; };
  }

  template <typename Timers>
  void Insert(Timers& timers, Slot slot) {
    TimerNode& node = timers.timer(slot);
    const std::int64_t due = std::max(node.due.ms(), now_ms_);
    const auto difference = static_cast<std::uint64_t>(due ^ now_ms_);
    const std::size_t level = difference == 0 ? 0 : (std::bit_width(difference) - 1) / kBits;
    MAILWAKE_CHECK(level < kLevels);
    const auto index = static_cast<std::size_t>(due >> (kBits * level)) % kSlots;
    slots_[level][index].PushBack(slot, LinksIn(timers));
    occupied_[level] |= std::uint64_t{1} << index;
    next_ms_ = std::min(next_ms_, std::max(now_ms_, due >> (kBits * level) << (kBits * level)));
    node.place = static_cast<std::uint16_t>(level * kSlots + index);
  }

  void FindNext() {
    next_ms_ = std::numeric_limits<std::int64_t>::max();
    for (std::size_t level = 0; level < kLevels; ++level) {
      if (occupied_[level] == 0) continue;
      const auto digit = static_cast<std::int64_t>(std::countr_zero(occupied_[level]));
      const std::int64_t above = level + 1 < kLevels ? now_ms_ >> (kBits * (level + 1)) << (kBits * (level + 1)) : 0;
      next_ms_ = std::max(now_ms_, above + (digit << (kBits * level)));
      return;
    }
  }

  // Takes the slots that the step to `to_ms` passes or enters: in each level whose upper digits change, all; in the first whose do not,
  // those up to the new digit.
  template <typename Timers>
  void Collect(Timers& timers, std::int64_t to_ms, SlotList& passed) {
    for (std::size_t level = 0; level < kLevels; ++level) {
      const bool whole = level + 1 < kLevels && now_ms_ >> (kBits * (level + 1)) != to_ms >> (kBits * (level + 1));
      const auto digit = static_cast<std::size_t>(to_ms >> (kBits * level)) % kSlots;
      const std::uint64_t mask = whole || digit == kSlots - 1 ? ~std::uint64_t{0} : (std::uint64_t{2} << digit) - 1;
      for (std::uint64_t bits = occupied_[level] & mask; bits != 0; bits &= bits - 1) {
        passed.Splice(slots_[level][static_cast<std::size_t>(std::countr_zero(bits))], LinksIn(timers));
      }
      occupied_[level] &= ~mask;
      if (!whole) break;
    }
    now_ms_ = to_ms;
  }

  std::int64_t now_ms_ = 0;
  std::int64_t next_ms_ = std::numeric_limits<std::int64_t>::max();  // what Next() says, if anything is scheduled
  std::size_t size_ = 0;
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<std::array<SlotList, kSlots>, kLevels> slots_{};
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_TIMER_WHEEL_H_
