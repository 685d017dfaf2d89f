// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/api_client.h"

#include <algorithm>
#include <utility>

namespace mailwake::fleet {

using std::chrono::milliseconds;

ApiClient::ApiClient(boost::asio::io_context& io, const Target& target, std::string token, Trouble trouble)
    : io_(io), target_(target), token_(std::move(token)), trouble_(std::move(trouble)), timer_(io) {}

ApiClient::~ApiClient() {
  if (connection_) connection_->Close();
}

void ApiClient::Call(ApiCall call, std::function<void(bool again)> writing, Done done) {
  busy_ = true;
  written_ = false;
  tries_ = 0;
  call_ = std::move(call);
  writing_ = std::move(writing);
  done_ = std::move(done);
  Try();
}

void ApiClient::Try() {
  if (connection_) return Write();
  connection_ = std::make_shared<Connection>(io_, target_);
  connection_->Open([this](const absl::Status& opened) { opened.ok() ? Write() : Retry(std::string(opened.message())); });
}

void ApiClient::Write() {
  std::string request = call_.method + " " + call_.path + " HTTP/1.1\r\nHost: " + target_.host + "\r\nAuthorization: Bearer " + token_ +
                        "\r\nContent-Type: " + call_.type + "\r\nContent-Length: " + std::to_string(call_.body.size()) + "\r\n\r\n" +
                        call_.body;
  if (writing_) writing_(std::exchange(written_, true));
  connection_->Send(std::move(request), [this](absl::StatusOr<HttpReply> reply) {
    if (!reply.ok()) return Retry(std::string(reply.status().message()));
    if (reply->status >= 500) return Retry("HTTP " + std::to_string(reply->status) + ": " + reply->body.substr(0, 200));
    if (reply->close) std::exchange(connection_, nullptr)->Close();
    busy_ = false;
    std::exchange(done_, nullptr)(*std::move(reply));
  });
}

void ApiClient::Retry(std::string why) {
  ++failures_;
  trouble_(std::move(why));
  std::exchange(connection_, nullptr)->Close();
  timer_.expires_after(std::min(milliseconds(50) * (1 << std::min(tries_++, std::uint32_t{6})), milliseconds(2000)));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
    if (!cancelled && !alive.expired()) Try();
  });
}

}  // namespace mailwake::fleet
