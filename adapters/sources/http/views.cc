// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/views.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace mailwake::http_source {
namespace {

OrderedJson ViewOf(const EndRecord& end) {
  OrderedJson view = {{"reason", Name(end.reason)}, {"time", TimeText(end.time)}};
  if (!end.folder.empty()) {
    view["folder"] = end.folder;
    view["version"] = end.version;
  }
  return view;
}

}  // namespace

std::string TimeText(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t unix_time = seconds.time_since_epoch().count();
  std::tm utc{};
  if (gmtime_r(&unix_time, &utc) == nullptr) return {};
  std::array<char, 32> date{};
  const std::size_t size = std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> rest{};
  std::snprintf(rest.data(), rest.size(), ".%03dZ", static_cast<int>((time - seconds).count() % 1000));
  return std::string(date.data(), size) + rest.data();
}

OrderedJson ViewOf(const PingView& ping) {
  return {{"mailbox", ping.mailbox},
          {"device", ping.device},
          {"kind", ping.kind == PingKind::kPing ? "ping" : "sync"},
          {"since", TimeText(ping.since)},
          {"deadline", TimeText(ping.deadline)},
          {"folders", ping.folders}};
}

OrderedJson ViewOf(std::string_view mailbox, std::string_view device, const Explanation& explanation) {
  OrderedJson view = {{"mailbox", mailbox}, {"device", device}, {"in_memory", explanation.in_memory}};
  view["waiting"] = explanation.waiting ? ViewOf(*explanation.waiting) : OrderedJson();
  view["why"] = explanation.why;
  view["folders"] = OrderedJson::array();
  for (const Explanation::Folder& folder : explanation.folders) {
    view["folders"].push_back({{"id", folder.id},
                               {"class", Name(folder.item_class)},
                               {"version", folder.version},
                               {"cursor", folder.cursor},
                               {"behind", folder.behind}});
  }
  view["last_end"] = explanation.last_end ? ViewOf(*explanation.last_end) : OrderedJson();
  view["ends"] = OrderedJson::array();
  for (const EndRecord& end : explanation.ends) view["ends"].push_back(ViewOf(end));
  return view;
}

}  // namespace mailwake::http_source
