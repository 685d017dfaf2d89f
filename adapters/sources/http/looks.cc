// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/looks.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <span>
#include <utility>

#include "adapters/sources/http/answers.h"
#include "adapters/sources/http/metrics.h"
#include "adapters/sources/http/views.h"

namespace mailwake::http_source {
namespace {

constexpr std::size_t kDefaultPings = 1'000;
constexpr std::size_t kMostPings = 100'000;
constexpr std::size_t kSearchedPings = 200'000;  // in which a device without a mailbox is looked for
constexpr std::size_t kRecentEnds = 4'096;

}  // namespace

Looks::Looks(Engine& engine, const HttpSourceOptions& options)
    : engine_(engine),
      options_(options),
      recent_(std::make_shared<RecentDevices>(kRecentEnds)),
      ended_(engine.observers().ended.connect([recent = recent_](std::span<const EndRecord> ends) { recent->Note(ends); })) {}

HttpResponse Looks::Pings(const RequestTarget& target) const {
  std::size_t most = kDefaultPings;
  if (const auto limit = target.Query("limit")) {
    if (!absl::SimpleAtoi(absl::string_view(limit->data(), limit->size()), &most) || most > kMostPings) {
      return ErrorAnswer(400, absl::StrCat("\"limit\" must be a whole number from 0 to ", kMostPings));
    }
  }
  OrderedJson list = OrderedJson::array();
  for (const PingView& ping : engine_.Pings(most)) list.push_back(ViewOf(ping));
  return JsonAnswer(200, {{"held", engine_.stats().pings_held}, {"pings", std::move(list)}});
}

std::set<std::string> Looks::MailboxesOf(std::string_view device) const {
  std::set<std::string> mailboxes = recent_->Mailboxes(device);
  for (const PingView& ping : engine_.Pings(kSearchedPings)) {
    if (ping.device == device) mailboxes.insert(ping.mailbox);
  }
  return mailboxes;
}

HttpResponse Looks::Explain(const RequestTarget& target) const {
  const std::string device(target.Query("device").value_or(""));
  std::string mailbox(target.Query("mailbox").value_or(""));
  if (const absl::Status name = CheckName("\"device\"", device, kMaxDeviceBytes); !name.ok()) return ErrorAnswer(name);
  if (mailbox.empty()) {
    const std::set<std::string> mailboxes = MailboxesOf(device);
    if (mailboxes.empty()) {
      return ErrorAnswer(404, "no PING of this device is held or ended lately: name its mailbox too, or have the device send a PING first");
    }
    if (mailboxes.size() > 1) {
      return ErrorAnswer(409,
                         absl::StrCat("a device of this id is in several mailboxes, name one of them: ", absl::StrJoin(mailboxes, ", ")));
    }
    mailbox = *mailboxes.begin();
  } else if (const absl::Status name = CheckName("\"mailbox\"", mailbox, kMaxMailboxBytes); !name.ok()) {
    return ErrorAnswer(name);
  }
  OrderedJson view = ViewOf(mailbox, device, engine_.Explain(mailbox, device));
  if (options_.throttled) {
    if (const auto left = options_.throttled(mailbox, device); left.count() > 0) view["throttled_s"] = left.count();
  }
  if (options_.blocked && options_.blocked(mailbox, device)) view["blocked"] = true;
  return JsonAnswer(200, view);
}

HttpResponse Looks::Metrics() const {
  std::string text = MetricsText(engine_);
  if (options_.more_metrics) text += options_.more_metrics();
  return {.status = 200, .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, .body = std::move(text)};
}

}  // namespace mailwake::http_source
