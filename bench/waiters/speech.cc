// SPDX-License-Identifier: Apache-2.0

#include "bench/waiters/speech.h"

#include <chrono>
#include <utility>
#include <vector>

#include "bench/fleet/base64.h"
#include "bench/fleet/mailboxes.h"
#include "bench/fleet/messages.h"

namespace mailwake::waiters {
namespace {

constexpr std::size_t kWatched = 8;

class Mailwake final : public Speech {
 public:
  Mailwake(std::string host, std::string password, std::chrono::seconds heartbeat)
      : host_(std::move(host)), password_(std::move(password)) {
    constexpr int kTypes[] = {2, 12, 8, 9, 7, 12, 12, 12};  // MS-ASCMD 2.2.3.186.3: inbox, a folder of mail, calendar, contacts, tasks
    for (std::size_t i = 0; i < kWatched; ++i) folders_.push_back({Folder(i), kTypes[i]});
    ping_ = fleet::PingRequest(heartbeat, folders_);
  }

  std::string Wait(WaiterIndex waiter) const override {
    std::string user = fleet::MailboxName(waiter);
    const std::string login = fleet::Base64(user + ":" + password_);
    user.replace(user.find('@'), 1, "%40");
    return "POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=" + user + "&DeviceId=" + fleet::DeviceName(waiter, 0) +
           "&DeviceType=Fleet HTTP/1.1\r\nHost: " + host_ + "\r\nAuthorization: Basic " + login +
           "\r\nMS-ASProtocolVersion: 14.1\r\nUser-Agent: mailwake-waiters\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"
           "Content-Length: " +
           std::to_string(ping_.size()) + "\r\n\r\n" + ping_;
  }

  fleet::ApiCall Wake(std::span<const WaiterIndex> waiters) const override { return Change(waiters, Folder(0)); }
  // In the waiters' own mailboxes, a folder that no PING names.
  fleet::ApiCall WakeNobody(std::span<const WaiterIndex> waiters) const override { return Change(waiters, Folder(kWatched)); }

  std::size_t most_wakes() const override { return 500; }
  bool IsNews(const fleet::HttpReply& reply) const override { return reply.status == 200 && StatusOf(reply) == 2; }
  bool IsOver(const fleet::HttpReply& reply) const override { return reply.status == 200 && StatusOf(reply) == 1; }

 private:
  static fleet::ApiCall Change(std::span<const WaiterIndex> waiters, const std::string& folder) {
    std::string body;
    for (const WaiterIndex waiter : waiters) {
      body +=
          "{\"mailbox\":\"" + fleet::MailboxName(waiter) + "\",\"folder\":\"" + folder + "\",\"class\":\"email\",\"kind\":\"added\"}\n";
    }
    return {.method = "POST", .path = "/v1/changes", .type = "application/x-ndjson", .body = std::move(body)};
  }
  static int StatusOf(const fleet::HttpReply& reply) {
    const auto answer = fleet::ReadPing(reply.body);
    return answer.ok() ? answer->status : 0;
  }
  static std::string Folder(std::size_t i) { return "folder" + std::to_string(i); }

  const std::string host_;
  const std::string password_;
  std::vector<fleet::ListedFolder> folders_;
  std::string ping_;
};

class Nchan final : public Speech {
 public:
  explicit Nchan(std::string host) : host_(std::move(host)) {}

  std::string Wait(WaiterIndex waiter) const override {
    return "GET /wait/" + std::to_string(waiter) + " HTTP/1.1\r\nHost: " + host_ + "\r\nUser-Agent: mailwake-waiters\r\n\r\n";
  }
  fleet::ApiCall Wake(std::span<const WaiterIndex> waiters) const override { return Publish(waiters.front()); }
  fleet::ApiCall WakeNobody(std::span<const WaiterIndex> waiters) const override { return Publish(waiters.front() + kNobody); }
  std::size_t most_wakes() const override { return 1; }
  bool IsNews(const fleet::HttpReply& reply) const override { return reply.status == 200; }
  bool IsOver(const fleet::HttpReply& reply) const override { return reply.status == 304; }

 private:
  static constexpr WaiterIndex kNobody = 1'000'000;  // more than there are waiters

  static fleet::ApiCall Publish(WaiterIndex channel) {
    return {.method = "POST", .path = "/publish/" + std::to_string(channel), .type = "text/plain", .body = "inbox"};
  }

  const std::string host_;
};

}  // namespace

std::unique_ptr<Speech> MailwakeSpeech(std::string host, std::string password, std::chrono::seconds heartbeat) {
  return std::make_unique<Mailwake>(std::move(host), std::move(password), heartbeat);
}

std::unique_ptr<Speech> NchanSpeech(std::string host) { return std::make_unique<Nchan>(std::move(host)); }

}  // namespace mailwake::waiters
