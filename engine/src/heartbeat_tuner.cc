// SPDX-License-Identifier: Apache-2.0
#include "mailwake/heartbeat_tuner.h"

#include <algorithm>

namespace mailwake {
namespace {

using Seconds = HeartbeatTuner::Seconds;

HeartbeatTuner::Config Sane(HeartbeatTuner::Config config) {
  config.minimum = std::max(config.minimum, Seconds{1});
  config.maximum = std::max(config.maximum, config.minimum);
  config.step = std::max(config.step, Seconds{1});
  return config;
}

}  // namespace

HeartbeatTuner::HeartbeatTuner(const Config& config) : config_(Sane(config)), interval_(0) { Set(config_.initial); }

void HeartbeatTuner::Set(Seconds interval) { interval_ = std::clamp(interval, config_.minimum, config_.maximum); }

void HeartbeatTuner::Expired() {
  proven_ = std::max(proven_, interval_);
  raised_ = false;
  if (settled_) return;
  if (interval_ == config_.maximum) {
    settled_ = true;
    return;
  }
  Set(interval_ + config_.step);
  raised_ = true;
}

void HeartbeatTuner::Woken() {
  // An answer after 4 of 12 minutes says nothing of the 12th. `raised_` stays too: the interval has still to be proven.
}

void HeartbeatTuner::Silent() {
  if (raised_) {
    Set(proven_);
    raised_ = false;
    settled_ = true;
    return;
  }
  // Not directly after an increase, so what was proven holds no more: another network, or another mood of this one. Start over.
  proven_ = Seconds{0};
  settled_ = false;
  Set(config_.minimum);
}

void HeartbeatTuner::Bounded(Seconds bound) {
  bound = std::max(bound, Seconds{1});
  if (bound < interval_) {
    config_.maximum = bound;
    config_.minimum = std::min(config_.minimum, bound);
    // A network that lets more live lets `bound` live too.
    proven_ = std::min(proven_, bound);
  } else if (bound > interval_) {
    config_.minimum = bound;
    config_.maximum = std::max(config_.maximum, bound);
    if (proven_ < bound) proven_ = Seconds{0};
  }
  Set(bound);
  settled_ = proven_ == interval_ && (settled_ || interval_ == config_.maximum);
  raised_ = proven_ > Seconds{0} && interval_ > proven_;
}

}  // namespace mailwake
