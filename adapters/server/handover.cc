// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/handover.h"

#include <absl/strings/str_cat.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/server/log.h"

namespace mailwake::server {
namespace {

using Protocol = boost::asio::local::stream_protocol;

// Requests that are being answered, then everything durable, then the store: as long as a shutdown may take, and a little.
constexpr timeval kPatience{.tv_sec = 30, .tv_usec = 0};

std::string PathOf(const std::string& store_path) { return store_path + ".upgrade"; }

bool SameUser(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

// One byte, and with it a descriptor: unix(7), SCM_RIGHTS.
struct Message {
  char byte = 'y';
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};

  Message() {
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
};

}  // namespace

Handover::Handover(boost::asio::io_context& main, const std::string& store_path, Asked asked)
    : path_(PathOf(store_path)), asked_(std::move(asked)), acceptor_(main) {
  std::string why_not;
  if (path_.size() >= sizeof(sockaddr_un::sun_path)) {
    why_not = "the path is too long for a socket";
  } else if (const boost::system::error_code error = Listen(); error) {
    why_not = error.message();
  }
  if (why_not.empty()) {
    Await();
    return;
  }
  LogWarning(absl::StrCat("this server cannot be taken over (", path_, ": ", why_not, "): the next one must wait until it has ended"));
  acceptor_.reset();
}

boost::system::error_code Handover::Listen() {
  ::unlink(path_.c_str());  // of a server that is gone: the store is ours
  boost::system::error_code error;
  acceptor_->open(Protocol(), error);
  if (!error) ::fchmod(acceptor_->native_handle(), 0600);  // of the file that bind makes
  if (!error) acceptor_->bind(Protocol::endpoint(path_), error);
  if (!error) acceptor_->listen(boost::asio::socket_base::max_listen_connections, error);
  return error;
}

void Handover::Close() {
  if (!acceptor_) return;
  acceptor_.reset();
  ::unlink(path_.c_str());
}

void Handover::Await() {
  acceptor_->async_accept([this](boost::system::error_code error, Protocol::socket peer) {
    if (error == boost::asio::error::operation_aborted) return;
    if (!error && SameUser(peer.native_handle())) asked_(std::make_shared<Protocol::socket>(std::move(peer)));
    if (acceptor_) Await();
  });
}

void Handover::Give(const Next& next, int socket) {
  Message message;
  cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(part), &socket, sizeof(int));
  next_serves_.reset();
  if (::sendmsg(next->native_handle(), &message.header, MSG_NOSIGNAL) != 1) return Settle(false);
  next->async_receive(boost::asio::buffer(&answer_, 1),
                      [this, next](boost::system::error_code error, std::size_t) { Settle(!error); });
}

void Handover::AwaitNext(std::function<void(bool)> done) {
  if (next_serves_) return done(*next_serves_);
  await_next_ = std::move(done);
}

void Handover::Settle(bool serves) {
  next_serves_ = serves;
  if (await_next_) std::exchange(await_next_, nullptr)(serves);
}

absl::StatusOr<std::optional<Place>> TakeOver(const std::string& store_path) {
  const std::string path = PathOf(store_path);
  sockaddr_un name{};
  if (path.size() >= sizeof(name.sun_path)) return std::nullopt;
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  boost::asio::io_context unused;
  Protocol::socket giver(unused, Protocol());
  if (::connect(giver.native_handle(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
    return absl::UnavailableError(absl::StrCat("cannot ask for the running server's place (", path, "): ", std::strerror(errno)));
  }
  ::setsockopt(giver.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  Message message;
  const ssize_t size = ::recvmsg(giver.native_handle(), &message.header, MSG_CMSG_CLOEXEC);
  const cmsghdr* const part = size == 1 ? CMSG_FIRSTHDR(&message.header) : nullptr;
  if (part == nullptr || part->cmsg_type != SCM_RIGHTS) {
    return absl::UnavailableError("the running server does not give its place: it is ending, or its store does not answer; see its log");
  }
  Place place;
  std::memcpy(&place.socket, CMSG_DATA(part), sizeof(int));
  place.giver = giver.release();
  return place;
}

void TellServing(const Place& place) {
  [[maybe_unused]] const ssize_t sent = ::send(place.giver, "y", 1, MSG_NOSIGNAL);  // it may have been ended by hand
  ::close(place.giver);
}

}  // namespace mailwake::server
