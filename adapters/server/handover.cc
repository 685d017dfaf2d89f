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
#include <thread>
#include <utility>

#include "adapters/server/log.h"

namespace mailwake::server {
namespace {

using Protocol = boost::asio::local::stream_protocol;

// Requests that are being answered, then everything durable: as long as the other may take, and a little.
constexpr timeval kPatience{.tv_sec = 60, .tv_usec = 0};
constexpr std::chrono::milliseconds kPause{200};

std::string PathOf(const std::string& store_path) { return store_path + ".upgrade"; }

bool SameUser(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

// One byte, and with it two descriptors: unix(7), SCM_RIGHTS.
struct Message {
  static constexpr int kDescriptors = 2;

  char byte = 'y';
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptors * sizeof(int))> control{};
  msghdr header{};

  Message() {
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
};

std::string PidOf(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? absl::StrCat("pid ", peer.pid) : "pid unknown";
}

}  // namespace

Handover::Handover(boost::asio::io_context& main, const std::string& store_path, Asked asked, HandoverPatience patience)
    : path_(PathOf(store_path)), asked_(std::move(asked)), patience_(patience), acceptor_(main), timer_(main) {
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
    if (!acceptor_) return;
    if (!error) return Await();
    timer_.expires_after(kPause);  // no descriptor is left: at once it would end the same
    timer_.async_wait([this](boost::system::error_code stopped) {
      if (!stopped && acceptor_) Await();
    });
  });
}

bool Handover::StillWaits(const Next& next) {
  char byte = 0;
  return ::recv(next->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Handover::Give(const Next& next, int socket, int lock, Followed followed) {
  followed_ = std::move(followed);
  const std::array<int, Message::kDescriptors> descriptors{socket, lock};
  Message message;
  cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(descriptors));
  std::memcpy(CMSG_DATA(part), descriptors.data(), sizeof(descriptors));
  if (::sendmsg(next->native_handle(), &message.header, MSG_NOSIGNAL) != 1) next->close();  // the same as one that ends
  next->async_receive(boost::asio::buffer(&answer_, 1), [this, next](boost::system::error_code error, std::size_t) { Settle(!error); });
  timer_.expires_after(patience_.warn);
  timer_.async_wait([this, next](boost::system::error_code stopped) {
    if (!stopped && followed_) Warn(next);
  });
}

void Handover::Warn(const Next& next) {
  const std::string who = absl::StrCat("the server that took over (", PidOf(next->native_handle()), ")");
  LogWarning(absl::StrCat(who, " does not serve yet: devices and sources wait; see its log"));
  timer_.expires_after(patience_.fail);
  timer_.async_wait([this, next, who](boost::system::error_code stopped) {
    if (stopped || !followed_) return;
    LogError(absl::StrCat(who, " still does not serve: it counts as failed; end it, if it is there"));
    next->close();
  });
}

void Handover::Settle(bool serves) {
  timer_.cancel();
  std::exchange(followed_, nullptr)(serves);
}

namespace {

// nullopt: nobody is there. Errors: Unavailable (it was asked, and does not give its place).
absl::StatusOr<std::optional<Place>> Ask(const std::string& path, const sockaddr_un& name) {
  const int giver = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Place place{.socket = -1, .lock = -1, .giver = giver};
  if (::connect(giver, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    const int error = errno;
    ::close(giver);
    if (error == ENOENT || error == ECONNREFUSED) return std::nullopt;
    return absl::UnavailableError(absl::StrCat("cannot ask for the running server's place (", path, "): ", std::strerror(error)));
  }
  ::setsockopt(giver, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  Message message;
  const ssize_t size = ::recvmsg(giver, &message.header, MSG_CMSG_CLOEXEC);
  const cmsghdr* const part = size == 1 ? CMSG_FIRSTHDR(&message.header) : nullptr;
  std::array<int, Message::kDescriptors> descriptors{};
  if (part == nullptr || part->cmsg_type != SCM_RIGHTS || part->cmsg_len != CMSG_LEN(sizeof(descriptors))) {
    ::close(giver);
    return absl::UnavailableError("the running server does not give its place: it is ending, or its store does not answer; see its log");
  }
  std::memcpy(descriptors.data(), CMSG_DATA(part), sizeof(descriptors));
  place.socket = descriptors[0];
  place.lock = descriptors[1];
  return place;
}

}  // namespace

absl::StatusOr<std::optional<Place>> TakeOver(const std::string& store_path) {
  const std::string path = PathOf(store_path);
  sockaddr_un name{};
  if (path.size() >= sizeof(name.sun_path)) return std::nullopt;
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  absl::StatusOr<std::optional<Place>> place = Ask(path, name);
  if (place.ok()) return place;
  // It may have ended under our question: then nobody is there the second time, and there is nothing to wait for.
  std::this_thread::sleep_for(kPause);
  return Ask(path, name);
}

void TellServing(const Place& place) {
  [[maybe_unused]] const ssize_t sent = ::send(place.giver, "y", 1, MSG_NOSIGNAL);  // it may have been ended by hand
  ::close(place.giver);
}

}  // namespace mailwake::server
