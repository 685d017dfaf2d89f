// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/runner.h"

#include <utility>

#include "bench/fleet/base64.h"
#include "bench/fleet/mailboxes.h"

namespace mailwake::fleet {
namespace {

namespace asio = boost::asio;

std::string PercentEncodeAt(std::string name) {
  const std::size_t at = name.find('@');
  if (at != std::string::npos) name.replace(at, 1, "%40");
  return name;
}

}  // namespace

void FleetCounters::Trouble(std::string why) {
  MutexLock lock(mutex_);
  trouble_ = std::move(why);
}

std::string FleetCounters::trouble() const {
  MutexLock lock(mutex_);
  return trouble_;
}

Runner::Runner(asio::io_context& io, const RunnerConfig& config, DeviceEvents& events, FleetCounters& counters, DeviceIndex first,
               DeviceIndex last)
    : io_(io), config_(config), counters_(counters) {
  for (DeviceIndex index = first; index < last; ++index) {
    handsets_.push_back(std::make_unique<Handset>(io, index, config.device, events));
  }
}

Runner::~Runner() {
  for (auto& handset : handsets_) {
    if (handset->connection) handset->connection->Close();
  }
}

void Runner::Start() {
  for (auto& handset : handsets_) Do(*handset, handset->device.Begin());
}

// ---- steps --------------------------------------------------------------------------------------------------------------------------

void Runner::Do(Handset& handset, Step step) {
  handset.step = std::move(step);
  switch (handset.step.kind) {
    case Step::Kind::kSend:
      if (handset.connection) return Send(handset);
      if (handset.connecting) return Open(handset);  // the server closed after an answer: it is its turn still
      to_open_.push_back(&handset);
      return Connect();
    case Step::Kind::kWait:
      ++counters_.paused;
      counters_.Trouble(handset.step.why);
      Admit(handset);
      return After(handset, handset.step.time, &Runner::Resume);
    case Step::Kind::kStop:
      ++counters_.stopped;
      counters_.Trouble(handset.step.why);
      Drop(handset);
      return Admit(handset);
  }
}

void Runner::Resume(Handset& handset) { Do(handset, handset.device.Waited()); }

void Runner::Connect() {
  while (connecting_ < config_.connecting && !to_open_.empty()) {
    Handset* handset = to_open_.front();
    to_open_.pop_front();
    ++connecting_;
    handset->connecting = true;
    Open(*handset);
  }
}

// Lets the next device connect in place of this one.
void Runner::Admit(Handset& handset) {
  if (!std::exchange(handset.connecting, false)) return;
  --connecting_;
  asio::post(io_, [this] { Connect(); });
}

void Runner::Open(Handset& handset) {
  asio::ip::address from;
  if (config_.source_addresses > 1) from = asio::ip::address_v4(0x7F000001 + handset.device.index() % config_.source_addresses);
  handset.connection = std::make_shared<Connection>(io_, config_.target, from);
  After(handset, config_.device.patience, &Runner::OnSilence);
  handset.connection->Open([this, &handset](absl::Status opened) {
    NoAlarm(handset);
    if (opened.ok()) return Send(handset);
    if (absl::IsNotFound(opened)) ++counters_.unanswered;
    OnReply(handset, std::move(opened));
  });
}

void Runner::Send(Handset& handset) {
  std::string request = Request(handset);
  handset.step.body = std::string();
  const bool ping = handset.step.command == Command::kPing;
  After(handset, handset.step.time, &Runner::OnSilence);
  handset.device.Written(Now());
  handset.connection->Send(std::move(request), [this, &handset](absl::StatusOr<HttpReply> reply) { OnReply(handset, std::move(reply)); });
  if (!ping) return;
  handset.waiting = true;
  ++counters_.waiting;
  Admit(handset);
}

void Runner::OnReply(Handset& handset, absl::StatusOr<HttpReply> reply) {
  const Instant now = Now();
  NoAlarm(handset);
  StopWaiting(handset);
  if (!reply.ok()) {
    ++counters_.lost;
    Drop(handset);
    Step step = handset.device.Lost(Device::Loss::kClosed, now);
    step.why = std::string(reply.status().message());
    return Do(handset, std::move(step));
  }
  if (handset.step.command == Command::kPing && reply->status >= 500) ++counters_.refused;
  if (reply->close) Drop(handset);
  Do(handset, handset.device.Answered(*reply, now));
}

void Runner::OnSilence(Handset& handset) {
  ++counters_.lost;
  StopWaiting(handset);
  Drop(handset);
  Do(handset, handset.device.Lost(Device::Loss::kSilent, Now()));
}

void Runner::StopWaiting(Handset& handset) {
  if (std::exchange(handset.waiting, false)) --counters_.waiting;
}

void Runner::Drop(Handset& handset) {
  if (auto connection = std::exchange(handset.connection, nullptr)) connection->Close();
}

void Runner::After(Handset& handset, Span time, void (Runner::*then)(Handset&)) {
  handset.timer.expires_after(time);
  handset.timer.async_wait([this, &handset, then, alarm = ++handset.alarms](boost::system::error_code cancelled) {
    if (!cancelled && handset.alarms == alarm) (this->*then)(handset);
  });
}

void Runner::NoAlarm(Handset& handset) {
  ++handset.alarms;
  handset.timer.cancel();
}

std::string Runner::Request(const Handset& handset) const {
  const DeviceIndex index = handset.device.index();
  const MailboxIndex mailbox = index / config_.devices_per_mailbox;
  const std::string user = MailboxName(mailbox);
  std::string request = "POST /Microsoft-Server-ActiveSync?Cmd=" + std::string(Name(handset.step.command)) +
                        "&User=" + PercentEncodeAt(user) + "&DeviceId=" + DeviceName(mailbox, index % config_.devices_per_mailbox) +
                        "&DeviceType=Fleet HTTP/1.1\r\nHost: " + config_.target.host + "\r\nAuthorization: Basic " +
                        Base64(user + ":" + config_.password) + "\r\nMS-ASProtocolVersion: 14.1\r\nUser-Agent: mailwake-fleet\r\n";
  if (!handset.device.policy_key().empty()) request += "X-MS-PolicyKey: " + handset.device.policy_key() + "\r\n";
  if (!handset.step.body.empty()) request += "Content-Type: application/vnd.ms-sync.wbxml\r\n";
  return request + "Content-Length: " + std::to_string(handset.step.body.size()) + "\r\n\r\n" + handset.step.body;
}

}  // namespace mailwake::fleet
