// SPDX-License-Identifier: Apache-2.0
//
// HeartbeatTuner: the device's side of the heartbeat. Finds the longest PING that the network lets live.
//
// A client calls interval() for its next PING and then says how that PING ended. The rules are those of Microsoft's Direct Push
// documentation ("Heartbeat Interval Adjustment", cc182270): longer after an answer, shorter after silence; back to the last good interval
// if the silence came directly after an increase, to the minimum otherwise. Where that text is open, this class takes the safe reading:
// only an answer at the interval's end proves the interval; an answer that came early, with news, proves nothing and the interval is tried
// again.
//
// Threads:    none; one object a device.
// Cost:       O(1), 56 bytes.
// Invariants: (1) minimum <= interval() <= maximum;
//             (2) once settled, interval() is the longest that was proven, until that one falls silent too: then it starts over;
//             (3) no step up is longer than `step`.
// Example:    HeartbeatTuner tuner({.initial = 15min, .minimum = 8min, .maximum = 30min, .step = 4min});
//             Ping(tuner.interval()); ... tuner.Expired();

#ifndef MAILWAKE_HEARTBEAT_TUNER_H_
#define MAILWAKE_HEARTBEAT_TUNER_H_

#include <chrono>

namespace mailwake {

class HeartbeatTuner {
 public:
  using Seconds = std::chrono::seconds;

  struct Config {
    Seconds initial{480};  // what phones start at (field reports)
    Seconds minimum{60};
    Seconds maximum{3540};
    Seconds step{240};  // HeartbeatIncrement: the largest step up
  };

  explicit HeartbeatTuner(const Config& config);

  // The heartbeat of the next PING.
  Seconds interval() const { return interval_; }
  // The longest interval that was answered at its end since it last started over; 0 if none was.
  Seconds proven() const { return proven_; }
  bool settled() const { return settled_; }

  void Expired();  // the answer came at the interval's end: the network let it live
  void Woken();    // the answer came early, with news: nothing learned, the same interval again
  void Silent();   // no answer by the interval's end: the network cut it
  // The server allows no more (or no less) than `bound`: status 5. Wins over the minimum and maximum of the configuration.
  void Bounded(Seconds bound);

 private:
  void Set(Seconds interval);

  Config config_;
  Seconds interval_;
  Seconds proven_{0};
  bool raised_ = false;  // the present interval was tried directly after a shorter one was proven
  bool settled_ = false;
};

}  // namespace mailwake

#endif  // MAILWAKE_HEARTBEAT_TUNER_H_
