// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace mailwake::internal {
namespace {

// In one turn of the loop; the rest wait in the kernel's queue.
constexpr int kMostAccepts = 64;
constexpr std::chrono::milliseconds kPause{200};
// Newcomers over the limit, until their loops have looked whether somebody goes for them.
constexpr std::size_t kMostOver = 16;

}  // namespace

Listener::Listener(FileDescriptor socket, std::vector<std::shared_ptr<Loop>> loops, std::shared_ptr<ServerState> server)
    : loops_(std::move(loops)), server_(std::move(server)) {
  Own(std::move(socket));
}

void Listener::Own(FileDescriptor socket) {
  socket_.emplace(loops_.front()->io(), socket.Release());
  pause_.emplace(loops_.front()->io());
}

void Listener::Start() { Wait(); }

void Listener::Stop() {
  socket_.reset();
  pause_.reset();
}

FileDescriptor Listener::Release() {
  FileDescriptor socket(socket_.has_value() ? socket_->release() : -1);
  Stop();
  return socket;
}

void Listener::Resume(FileDescriptor socket) {
  Own(std::move(socket));
  Wait();
}

void Listener::Wait() {
  if (!socket_.has_value()) return;
  socket_->async_wait(socket_->wait_read, [weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (self != nullptr && !ec) self->AcceptAll();
  });
}

void Listener::AcceptAll() {
  for (int i = 0; i < kMostAccepts && socket_.has_value(); ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    FileDescriptor accepted(
        ::accept4(socket_->native_handle(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() >= 0) {
      Take(std::move(accepted), PeerAddress(address));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return Pause();
    }
    // Else that connection failed before it was accepted: to the next.
  }
  Wait();
}

// The connection that could not be accepted keeps the socket readable: without a pause this would spin.
void Listener::Pause() {
  pause_->expires_after(kPause);
  pause_->async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
    const auto self = weak.lock();
    if (self != nullptr && !ec) self->Wait();
  });
}

void Listener::Take(FileDescriptor socket, const PeerAddress& peer) {
  if (server_->connections.get() >= server_->options.max_connections + kMostOver) return server_->refused.Add();
  if (!server_->proxies.Contain(peer) && !server_->AcquireAddress(peer)) return;
  server_->connections.Add();
  const std::shared_ptr<Loop>& loop = loops_[next_++ % loops_.size()];
  loop->DispatchOrRun([loop, peer, socket = std::move(socket)]() mutable { loop->Adopt(std::move(socket), peer); });
}

}  // namespace mailwake::internal
