// SPDX-License-Identifier: Apache-2.0
//
// Observers: where metrics, traces and status pages connect. Boost.Signals2, one emission for each delivered batch, never one a PING; an
// emission that nobody listens to costs one test.
//
// Threads:    connect and disconnect from any thread; slots run on the thread that delivers, outside every lock, and may call the engine.
// Example:    engine->observers().ended.connect([](std::span<const EndRecord> ends) { Count(ends); });

#ifndef MAILWAKE_OBSERVERS_H_
#define MAILWAKE_OBSERVERS_H_

#include <boost/signals2/signal.hpp>
#include <span>

#include "mailwake/report.h"

namespace mailwake {

struct Observers {
  // PINGs that have just been delivered.
  boost::signals2::signal<void(std::span<const EndRecord>)> ended;
  // The mean of the heartbeats fell to the threshold; again only after it has been above.
  boost::signals2::signal<void(const HeartbeatReport&)> heartbeat_alarm;
};

}  // namespace mailwake

#endif  // MAILWAKE_OBSERVERS_H_
