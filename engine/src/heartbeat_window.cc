// SPDX-License-Identifier: Apache-2.0

#include "engine/src/heartbeat_window.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mailwake {

bool HeartbeatWindow::low() const { return size_ > 0 && samples_.size() == size_ && sum_ <= threshold_ * static_cast<std::int64_t>(size_); }

bool HeartbeatWindow::Add(const HeartbeatSample& sample) {
  if (size_ == 0) return false;
  sum_ += sample.heartbeat;
  if (samples_.size() < size_) {
    samples_.push_back(sample);
  } else {
    sum_ -= samples_[oldest_].heartbeat;
    samples_[oldest_] = sample;
    oldest_ = (oldest_ + 1) % size_;
  }
  const bool fell = low() && !alarmed_;
  alarmed_ = low();
  return fell;
}

HeartbeatReport HeartbeatWindow::Report() const {
  HeartbeatReport report{.kind = kind_, .samples = samples_.size(), .alarm = low()};
  if (samples_.empty()) return report;
  report.mean = sum_ / static_cast<std::int64_t>(samples_.size());

  struct Group {
    HeartbeatReport::Network network;
    std::set<std::uint64_t> devices;
    std::chrono::seconds sum{0};
  };
  std::map<std::string_view, Group> groups;
  std::set<std::uint64_t> devices;
  for (const HeartbeatSample& sample : samples_) {
    if (sample.heartbeat > threshold_) continue;
    Group& group = groups[sample.network];
    ++group.network.heartbeats;
    group.sum += sample.heartbeat;
    group.devices.insert(sample.device);
    devices.insert(sample.device);
  }
  report.devices = devices.size();
  for (auto& [name, group] : groups) {
    group.network.name = name;
    group.network.devices = group.devices.size();
    group.network.mean = group.sum / static_cast<std::int64_t>(group.network.heartbeats);
    report.networks.push_back(std::move(group.network));
  }
  std::stable_sort(report.networks.begin(), report.networks.end(),
                   [](const auto& a, const auto& b) { return a.heartbeats > b.heartbeats; });
  return report;
}

}  // namespace mailwake
