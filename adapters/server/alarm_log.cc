// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/alarm_log.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace mailwake::server {

std::string AlarmText(const HeartbeatReport& report) {
  constexpr std::size_t kMostNetworks = 5;
  std::string text =
      absl::StrCat("heartbeats: the mean of the last ", report.samples, report.kind == PingKind::kPing ? " [Ping]" : " [Sync]",
                   " heartbeats is ", report.mean.count(), " s; ", report.devices,
                   " devices are too short. A firewall or proxy on their way may cut idle connections early: let it keep them "
                   "for 15 minutes or longer");
  for (std::size_t i = 0; i < std::min(report.networks.size(), kMostNetworks); ++i) {
    const HeartbeatReport::Network& network = report.networks[i];
    absl::StrAppend(&text, i == 0 ? ". Networks: " : ", ", network.name.empty() ? "(unnamed)" : network.name, " (", network.devices,
                    " devices, ", network.heartbeats, " heartbeats, mean ", network.mean.count(), " s)");
  }
  if (report.networks.size() > kMostNetworks) absl::StrAppend(&text, " and ", report.networks.size() - kMostNetworks, " more");
  return text;
}

}  // namespace mailwake::server
