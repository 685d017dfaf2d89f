// SPDX-License-Identifier: Apache-2.0

#include "tests/adapters/server/upgrade_sockets.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mailwake::test {
namespace {

sockaddr_un Name(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  EXPECT_LT(path.size(), sizeof(name.sun_path));
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  return name;
}

bool Readable(int socket) {
  pollfd look{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&look, 1, 60'000) == 1;
}

}  // namespace

Asker::Asker(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un name = Name(path);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) error_ = errno;
}

bool Asker::GetsThePlace() {
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (!Readable(socket_) || ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC) != 1) return false;
  const cmsghdr* const part = CMSG_FIRSTHDR(&message);
  if (part == nullptr) return false;
  got_.resize((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  std::memcpy(got_.data(), CMSG_DATA(part), got_.size() * sizeof(int));
  return true;
}

void Asker::SaysThatItServes() { EXPECT_EQ(::send(socket_, "y", 1, MSG_NOSIGNAL), 1); }

void Asker::Close() {
  for (const int descriptor : std::exchange(got_, {})) ::close(descriptor);
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

SilentServer::SilentServer(const std::string& path) : path_(path), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un name = Name(path);
  EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  EXPECT_EQ(::listen(listener_, 8), 0);
}

bool SilentServer::IsAsked() {
  if (Readable(listener_)) asker_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  return asker_ >= 0;
}

void SilentServer::Close() {
  if (listener_ < 0) return;
  ::close(std::exchange(listener_, -1));
  ::unlink(path_.c_str());
  if (asker_ >= 0) ::close(asker_);
}

}  // namespace mailwake::test
