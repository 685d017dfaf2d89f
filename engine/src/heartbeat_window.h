// SPDX-License-Identifier: Apache-2.0
//
// HeartbeatWindow: the last heartbeats of all devices, and the alarm when their mean falls to a threshold (Exchange events 3033 and 1040;
// KB 905013: the last 200, 540 s). A mean that low says that something between the devices and the server cuts idle connections.
//
// Threads:    none of its own; the engine guards it.
// Cost:       Add O(1); Report O(window).

#ifndef MAILWAKE_SRC_HEARTBEAT_WINDOW_H_
#define MAILWAKE_SRC_HEARTBEAT_WINDOW_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mailwake/ping.h"
#include "mailwake/report.h"

namespace mailwake {

struct HeartbeatSample {
  PingKind kind = PingKind::kPing;
  std::int64_t at_ms = 0;
  std::chrono::seconds heartbeat{0};
  std::uint64_t device = 0;  // hash of mailbox and device
  std::string network;
};

class HeartbeatWindow {
 public:
  HeartbeatWindow(PingKind kind, std::size_t size, std::chrono::seconds threshold) : kind_(kind), size_(size), threshold_(threshold) {}

  // True if the mean has just fallen to the threshold: told once, and again only after it was above.
  bool Add(const HeartbeatSample& sample);
  HeartbeatReport Report() const;

 private:
  bool low() const;

  PingKind kind_;
  std::size_t size_;
  std::chrono::seconds threshold_;
  std::vector<HeartbeatSample> samples_;  // a ring once full
  std::size_t oldest_ = 0;
  std::chrono::seconds sum_{0};
  bool alarmed_ = false;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_HEARTBEAT_WINDOW_H_
