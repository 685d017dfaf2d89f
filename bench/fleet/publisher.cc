// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/publisher.h"

#include <algorithm>
#include <utility>

namespace mailwake::fleet {
namespace {

// Enough that a store which commits in groups has something to group while folder lists are declared.
constexpr std::size_t kClients = 8;
// A fan-out goes out whole; beyond that, small requests are acknowledged sooner.
constexpr std::size_t kMostInARequest = 500;
// The server cannot keep up: stop reading ahead, the report says how much was not sent.
constexpr std::size_t kMostDue = 100'000;

void AppendLine(const TrafficChange& change, std::string& body) {
  const FleetFolder& folder = kFolders[change.folder];
  body += "{\"mailbox\":\"" + MailboxName(change.mailbox) + "\",\"folder\":\"" + std::string(folder.id) + "\",\"class\":\"" +
          std::string(Name(folder.item_class)) + "\",\"kind\":\"" + std::string(Name(change.kind)) + '"';
  if (change.origin) body += ",\"device\":\"" + DeviceName(change.mailbox, *change.origin) + '"';
  body += "}\n";
}

}  // namespace

Publisher::Publisher(boost::asio::io_context& io, const Target& target, const std::string& token, Ledger& ledger, Say failed,
                     const Say& trouble)
    : ledger_(ledger), failed_(std::move(failed)), timer_(io), folder_list_(FolderListJson()) {
  for (std::size_t i = 0; i < kClients; ++i) clients_.push_back(std::make_unique<ApiClient>(io, target, token, trouble));
}

bool Publisher::Accepted(const HttpReply& reply, const std::string& what) {
  if (reply.status >= 200 && reply.status < 300) return true;
  Stop();
  failed_(what + " was refused with HTTP " + std::to_string(reply.status) +
          (reply.status == 401 || reply.status == 403 ? " (is it the token of --ingest-token-file?)" : "") + ": " +
          reply.body.substr(0, 200));
  return false;
}

// ---- folder lists -------------------------------------------------------------------------------------------------------------------

void Publisher::Declare(std::uint32_t mailboxes) {
  mailboxes_ = mailboxes;
  for (auto& client : clients_) DeclareNext(*client);
}

void Publisher::DeclareNext(ApiClient& client) {
  if (next_mailbox_ == mailboxes_) return;
  const std::string path = "/v1/mailboxes/" + MailboxName(next_mailbox_++) + "/folders";
  client.Call({.method = "PUT", .path = path, .type = "application/json", .body = folder_list_}, nullptr,
              [this, &client](const HttpReply& reply) {
                if (!Accepted(reply, "a folder list")) return;
                ++counters_.declared;
                DeclareNext(client);
              });
}

// ---- traffic ------------------------------------------------------------------------------------------------------------------------

void Publisher::Start(Traffic& traffic, std::chrono::microseconds length) {
  traffic_ = &traffic;
  length_ = length;
  started_ = Now();
  ahead_ = traffic.Next();
  Tick();
}

void Publisher::Stop() {
  traffic_ = nullptr;
  timer_.cancel();
  due_.clear();
  CheckFinished();
}

void Publisher::Tick() {
  while (traffic_ != nullptr && due_.size() < kMostDue) {
    if (!ahead_ || ahead_->at >= length_) {
      traffic_ = nullptr;
    } else if (started_ + ahead_->at > Now()) {
      break;
    } else {
      due_.insert(due_.end(), ahead_->changes.begin(), ahead_->changes.end());
      ahead_ = traffic_->Next();
    }
  }
  SendDue();
  if (traffic_ == nullptr) return;
  timer_.expires_at(due_.size() < kMostDue ? started_ + ahead_->at : Now() + std::chrono::milliseconds(100));
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) Tick();
  });
}

void Publisher::SendDue() {
  for (auto& client : clients_) {
    if (due_.empty()) break;
    if (!client->busy()) Send(*client);
  }
  counters_.waiting = due_.size();
  CheckFinished();
}

void Publisher::Send(ApiClient& client) {
  const auto end = due_.begin() + static_cast<std::ptrdiff_t>(std::min(due_.size(), kMostInARequest));
  auto changes = std::make_shared<std::vector<TrafficChange>>(due_.begin(), end);
  auto receipts = std::make_shared<std::vector<Ledger::Receipt>>();
  due_.erase(due_.begin(), end);
  std::string body;
  for (const TrafficChange& change : *changes) AppendLine(change, body);
  const auto writing = [this, changes, receipts](bool again) {
    const Instant now = Now();
    if (again) {
      for (const Ledger::Receipt& receipt : *receipts) ledger_.SentAgain(receipt, now);
      return;
    }
    for (const TrafficChange& change : *changes) {
      receipts->push_back(ledger_.Sent(change.mailbox, kFolders[change.folder].id, change.origin, now));
    }
    counters_.sent += changes->size();
  };
  client.Call({.method = "POST", .path = "/v1/changes", .type = "application/x-ndjson", .body = std::move(body)}, writing,
              [this, receipts, &client, before = client.failures()](const HttpReply& reply) {
                const Instant now = Now();
                counters_.failures += client.failures() - before;
                if (!Accepted(reply, "a batch of changes")) return;
                for (const Ledger::Receipt& receipt : *receipts) ledger_.Acknowledged(receipt, now);
                SendDue();
              });
}

void Publisher::CheckFinished() {
  const auto busy = [](const auto& client) { return client->busy(); };
  if (traffic_ == nullptr && due_.empty() && std::ranges::none_of(clients_, busy) && length_.count() > 0) counters_.finished = true;
}

}  // namespace mailwake::fleet
