// SPDX-License-Identifier: Apache-2.0
//
// How a connection begins: what a proxy says first, and the TLS handshake, of which the pool computes what is slow.

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "adapters/fronts/https/connection.h"
#include "adapters/fronts/https/proxy_header.h"

namespace mailwake::internal {
namespace {

// Handshakes for the pool. Over it a peer that comes first waits with nothing but its socket.
constexpr std::size_t kMostWaiting = 16;

}  // namespace

bool Connection::StepProxy() {
  ServerState& server = loop_->server();
  const ssize_t seen = ::recv(socket_.get(), loop_->buffer(), ProxyHeader::kMostBytes, MSG_PEEK);
  if (seen < 0 && (errno == EAGAIN || errno == EINTR)) return WaitFor(IoStatus::kWantRead);
  const ProxyHeader header = ParseProxyHeader({loop_->buffer(), static_cast<std::size_t>(std::max<ssize_t>(seen, 0))});
  if (header.status == ProxyHeader::Status::kMore && seen > 0 && !hung_up_) return WaitFor(IoStatus::kWantRead);
  if (header.status != ProxyHeader::Status::kDone) {
    server.handshake_failures.Add();
    Close(Loop::Gone::kDrop);
    return false;
  }
  ::recv(socket_.get(), loop_->buffer(), header.size, 0);
  proxy_header_ = false;
  // What is not there yet will be an edge of its own.
  const auto here = static_cast<std::size_t>(seen);
  readable_ = hung_up_ || stream_ != nullptr || here > header.size || here == ProxyHeader::kMostBytes;
  if (!header.client) return true;
  peer_ = *header.client;
  if (server.proxies.Contain(peer_)) return true;
  address_counted_ = server.AcquireAddress(peer_);
  if (!address_counted_) Close(Loop::Gone::kDrop);
  return address_counted_;
}

// Whoever sends nothing costs no TLS state, which is tens of kilobytes; and whoever has hung up cannot end a handshake.
bool Connection::StepHandshake() {
  if (computing_) {
    if (hung_up_ && !computed_ && turn_ == Turn::kQueued) return TakeHandshake(IoStatus::kGone);
    look_again_ = true;
    return false;
  }
  if (stream_ == nullptr && !readable_) return false;
  if (stream_ == nullptr && hung_up_) return TakeHandshake(IoStatus::kGone);
  const HandshakePool& pool = loop_->server().pool;
  // What a peer wants is seen here, and may be done at once: but not while many want something, whose state would take memory meanwhile.
  if (!pool.started() || stream_ != nullptr || pool.waiting() < kMostWaiting) {
    const IoStatus status = Shake(pool.started() ? Pace::kQuick : Pace::kAny);
    if (status != IoStatus::kSlow) return TakeHandshake(status);
  }
  Compute();
  return false;
}

void Connection::Compute() {
  computing_ = true;
  turn_ = Turn::kQueued;
  loop_->server().pool.Run([self = shared_from_this()]() mutable {
    Turn turn = Turn::kQueued;
    if (!self->turn_.compare_exchange_strong(turn, Turn::kPool)) return;
    const IoStatus status = self->Shake(Pace::kAny);
    turn = Turn::kPool;
    if (!self->turn_.compare_exchange_strong(turn, Turn::kLoop)) return;
    // Not by Post, whose lock the loop needs at every step: the pool stops before the loop is detached.
    boost::asio::io_context& io = self->loop().io();
    boost::asio::post(io, [self = std::move(self), status] { self->Computed(status); });
  });
}

IoStatus Connection::Shake(Pace pace) {
  const std::shared_ptr<const TlsContext> tls = stream_ == nullptr ? loop_->server().tls() : nullptr;
  if (tls != nullptr) stream_ = tls->NewStream(socket_.get());
  return stream_ == nullptr ? IoStatus::kGone : stream_->Handshake(pace);
}

void Connection::Computed(IoStatus status) {
  if (state == ConnectionState::kClosed) return;
  computing_ = false;
  // Its time starts anew with our first answer: a peer is not to pay for a queue in which it has waited for almost all of it.
  if (!std::exchange(computed_, true)) SetState(ConnectionState::kHandshake);
  const bool again = std::exchange(look_again_, false) && (status == IoStatus::kWantRead || status == IoStatus::kWantWrite);
  if (again || TakeHandshake(status)) Run();
}

bool Connection::TakeHandshake(IoStatus status) {
  ServerState& server = loop_->server();
  if (status == IoStatus::kDone) {
    if (server.has_tls()) server.handshakes.Add();
    if (stream_->resumed()) server.resumed.Add();
    readable_ = true;  // the first request may have come with it
    known_ = !address_counted_ || server.unknown_each.count() == 0;
    SetIdle();
    return true;
  }
  if (status != IoStatus::kGone) return WaitFor(status);
  server.handshake_failures.Add();
  Close(Loop::Gone::kDrop);
  return false;
}

}  // namespace mailwake::internal
