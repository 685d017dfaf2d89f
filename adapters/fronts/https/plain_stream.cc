// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <cerrno>

#include "adapters/fronts/https/stream.h"

namespace mailwake::internal {
namespace {

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

class PlainStream final : public Stream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}

  IoStatus Handshake() override { return IoStatus::kDone; }

  IoResult Read(char* data, std::size_t size) override { return Receive(data, size, 0); }

  IoResult Write(const char* data, std::size_t size) override {
    const ssize_t sent = ::send(fd_, data, size, MSG_NOSIGNAL);
    if (sent >= 0) return {IoStatus::kDone, static_cast<std::size_t>(sent)};
    return {WouldBlock() ? IoStatus::kWantWrite : IoStatus::kGone};
  }

  IoStatus Peek() override {
    char byte;
    return Receive(&byte, 1, MSG_PEEK).status;
  }

  void Finish() override { ::shutdown(fd_, SHUT_WR); }

 private:
  IoResult Receive(char* data, std::size_t size, int flags) {
    const ssize_t got = ::recv(fd_, data, size, flags);
    if (got > 0) return {IoStatus::kDone, static_cast<std::size_t>(got)};
    if (got == 0) return {IoStatus::kGone};
    return {WouldBlock() ? IoStatus::kWantRead : IoStatus::kGone};
  }

  const int fd_;
};

}  // namespace

std::unique_ptr<Stream> NewPlainStream(int fd) { return std::make_unique<PlainStream>(fd); }

}  // namespace mailwake::internal
