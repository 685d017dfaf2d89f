// SPDX-License-Identifier: Apache-2.0

#include "bench/waiters/returns.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/fleet/instant.h"
#include "bench/waiters/server_usage.h"

namespace mailwake::waiters {
namespace {

using fleet::Instant;
using fleet::Now;
using Json = nlohmann::ordered_json;

constexpr std::size_t kAtOnce = 64;
constexpr std::chrono::seconds kPatience{300};

// What the server did in the meantime.
class Meter {
 public:
  Meter(int pid, std::size_t of) : pid_(pid), of_(static_cast<double>(of)) {}
  void AddTo(Json& json, const std::string& what) {
    const double cpu = Cpu();
    json[what + "_cpu_us"] = (cpu - cpu_) * 1e6 / of_;
    json[what + "_s"] = std::chrono::duration<double>(Now() - began_).count();
    cpu_ = cpu;
    began_ = Now();
  }

 private:
  double Cpu() const {
    const absl::StatusOr<ServerUsage> usage = UsageOf(pid_);
    return usage.ok() ? usage->cpu_seconds : 0;
  }

  const int pid_;
  const double of_;
  double cpu_ = Cpu();
  Instant began_ = Now();
};

class Crowd {
 public:
  Crowd(const MeasureOptions& options, const fleet::Target& target, const Speech& speech)
      : quiet_(options.seconds), target_(target), speech_(speech), devices_(options.waiting) {}

  absl::StatusOr<Json> Return(int server_pid, bool with_tickets) {
    Json json;
    Meter meter(server_pid, devices_.size());
    Connect(with_tickets);
    if (absl::Status status = Until("connected", [this] { return open_ == devices_.size(); }); !status.ok()) return status;
    meter.AddTo(json, "handshake");
    json["resumed"] = resumed_;
    for (std::size_t i = 0; i < devices_.size(); ++i) Ask(i);
    // A refusal would come soon. Who is quiet for that long waits.
    const Instant asked = Now();
    if (absl::Status status = Until("asked", [this, asked] { return Now() - asked > quiet_; }); !status.ok()) return status;
    meter.AddTo(json, "request");
    json["refused"] = refused_;
    return json;
  }

  // Keeps the tickets.
  void Leave() {
    for (Device& device : devices_) {
      if (device.connection == nullptr) continue;
      if (device.connection->session() != nullptr) device.session = device.connection->session();
      device.connection->Close();
      device.connection.reset();
    }
    io_.poll();
    open_ = resumed_ = refused_ = next_ = 0;
  }

 private:
  struct Device {
    std::shared_ptr<fleet::Connection> connection;
    std::shared_ptr<SSL_SESSION> session;
  };

  void Connect(bool with_tickets) {
    for (std::size_t i = 0; i < kAtOnce; ++i) ConnectNext(with_tickets);
  }

  void ConnectNext(bool with_tickets) {
    if (next_ == devices_.size()) return;
    Device& device = devices_[next_++];
    device.connection = std::make_shared<fleet::Connection>(io_, target_);
    if (with_tickets) device.connection->Resume(device.session);
    device.connection->Open([this, &device, with_tickets](const absl::Status& opened) {
      if (opened.ok()) {
        ++open_;
        resumed_ += device.connection->resumed() ? 1 : 0;
      } else {
        trouble_ = std::string(opened.message());
      }
      ConnectNext(with_tickets);
    });
  }

  void Ask(std::size_t index) {
    devices_[index].connection->Send(speech_.Wait(static_cast<WaiterIndex>(index)), [this](const absl::StatusOr<fleet::HttpReply>& reply) {
      if (reply.ok() && (speech_.IsNews(*reply) || speech_.IsOver(*reply))) return;
      ++refused_;
      trouble_ = reply.ok() ? "HTTP " + std::to_string(reply->status) : std::string(reply.status().message());
    });
  }

  absl::Status Until(const std::string& what, const std::function<bool()>& done) {
    const Instant until = Now() + kPatience;
    while (!done()) {
      io_.restart();
      io_.run_for(std::chrono::milliseconds(20));
      if (Now() >= until) {
        return absl::UnavailableError(std::to_string(open_) + " of " + std::to_string(devices_.size()) + " " + what + " (" + trouble_ +
                                      ")");
      }
    }
    return absl::OkStatus();
  }

  const std::chrono::duration<double> quiet_;
  boost::asio::io_context io_;
  const fleet::Target& target_;
  const Speech& speech_;
  std::vector<Device> devices_;
  std::size_t next_ = 0;
  std::size_t open_ = 0;
  std::size_t resumed_ = 0;
  std::size_t refused_ = 0;
  std::string trouble_;
};

}  // namespace

absl::StatusOr<Json> MeasureReturns(const MeasureOptions& options, const fleet::Target& target, const Speech& speech,
                                    const std::function<int()>& next_server) {
  Crowd crowd(options, target, speech);
  Json json;
  json["waiting"] = options.waiting;
  // The first time they come with passwords that have never been checked.
  for (const auto& [round, with_tickets] : {std::pair("first", false), std::pair("full", false), std::pair("tickets", true)}) {
    const int pid = next_server();
    if (pid == 0) return absl::UnavailableError("there is no next server");
    absl::StatusOr<Json> figures = crowd.Return(pid, with_tickets);
    if (!figures.ok()) return figures.status();
    json[round] = *std::move(figures);
    crowd.Leave();
  }
  return json;
}

}  // namespace mailwake::waiters
