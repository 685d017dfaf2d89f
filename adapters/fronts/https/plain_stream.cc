// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <cerrno>

#include "adapters/fronts/https/stream.h"

namespace mailwake::internal {
namespace {

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

class PlainStream final : public Stream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}

  IoStatus Handshake(Pace) override { return IoStatus::kDone; }

  IoResult Read(char* data, std::size_t size) override { return Receive(data, size, 0); }

  IoResult Write(const char* data, std::size_t size) override {
    ssize_t sent = -1;
    do sent = ::send(fd_, data, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return {.status = IoStatus::kDone, .bytes = static_cast<std::size_t>(sent)};
    return {.status = WouldBlock() ? IoStatus::kWantWrite : IoStatus::kGone};
  }

  IoStatus Peek() override {
    char byte;
    return Receive(&byte, 1, MSG_PEEK).status;
  }

  void Finish() override { ::shutdown(fd_, SHUT_WR); }

 private:
  IoResult Receive(char* data, std::size_t size, int flags) {
    ssize_t got = -1;
    do got = ::recv(fd_, data, size, flags);
    while (got < 0 && errno == EINTR);
    if (got > 0) return {.status = IoStatus::kDone, .bytes = static_cast<std::size_t>(got), .more = static_cast<std::size_t>(got) == size};
    if (got == 0) return {};
    return {.status = WouldBlock() ? IoStatus::kWantRead : IoStatus::kGone};
  }

  const int fd_;
};

}  // namespace

std::unique_ptr<Stream> NewPlainStream(int fd) { return std::make_unique<PlainStream>(fd); }

}  // namespace mailwake::internal
