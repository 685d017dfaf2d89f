// SPDX-License-Identifier: Apache-2.0
//
// Meeting: two come from two threads, each with a part of a work; whoever comes second finds both parts and does the work.
//
// Threads:    Second from two threads, once each; Reset by whoever did the work, before it is used again (what publishes the next use, a
//             lock, publishes the reset too). tests/engine/schedules_test.cc runs this code under every schedule.
// Cost:       one atomic exchange each.
// Invariants: exactly one of the two gets true. It is the later exchange of the two, and reads what the earlier one wrote: acquire meets
//             release, so what the other did before it came is seen.
// Example:    outgoing->status = status; if (outgoing->meeting.Second()) Conclude(outgoing);

#ifndef MAILWAKE_SRC_MEETING_H_
#define MAILWAKE_SRC_MEETING_H_

#include <atomic>

namespace mailwake {

template <template <typename> typename Atomic>
class BasicMeeting {
 public:
  bool Second() { return one_came_.exchange(true, std::memory_order_acq_rel); }
  void Reset() { one_came_.store(false, std::memory_order_relaxed); }

 private:
  Atomic<bool> one_came_{false};
};

using Meeting = BasicMeeting<std::atomic>;

}  // namespace mailwake

#endif  // MAILWAKE_SRC_MEETING_H_
