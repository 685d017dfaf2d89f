// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/listen_socket.h"

#include <absl/strings/str_cat.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "adapters/fronts/https/peer_address.h"

namespace mailwake::internal {
namespace {

// A device that lost its network says nothing. Seldom enough to leave a phone's radio asleep, often enough that a PING of the longest
// heartbeat does not outlive its device by all of it.
constexpr int kKeepIdleSeconds = 15 * 60;
constexpr int kKeepIntervalSeconds = 30;
constexpr int kKeepProbes = 4;  // with TCP_USER_TIMEOUT they would not be counted: one that is lost would end a PING
constexpr std::string_view kUnix = "unix:";

struct AddressInfoFree {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using AddressInfo = std::unique_ptr<addrinfo, AddressInfoFree>;

absl::Status Malformed(const std::string& address, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("cannot listen on \"", address, "\": ", std::string(why),
                                                 "; write HOST:PORT, as in 127.0.0.1:8443 or [::1]:8443, or unix:PATH"));
}

absl::StatusOr<AddressInfo> Resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return Malformed(address, "it has no port");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return Malformed(address, "an IPv6 address stands in brackets");
  }
  if (host.empty()) return Malformed(address, "it has no host");
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535)
    return Malformed(address, "the port is not a number from 0 to 65535");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return Malformed(address, ::gai_strerror(error));
  return AddressInfo(found);
}

void Set(int socket, int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof(value)); }

void SetOptions(int socket) {
  Set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  Set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  Set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  Set(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
}

absl::Status SystemError(const std::string& address, int error) {
  const std::string what = absl::StrCat("cannot listen on ", address, ": ", std::strerror(error));
  switch (error) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(absl::StrCat(what, "; another server has it: stop that one, or listen on another port"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(absl::StrCat(what, "; ports below 1024 need a privilege: take a higher one"));
    case EADDRNOTAVAIL:
      return absl::InvalidArgumentError(absl::StrCat(what, "; this machine does not have that address"));
    default:
      return absl::InvalidArgumentError(what);
  }
}

// A socket of a server that is gone is taken over; one that is alive is not.
absl::Status ClearUnixPath(const std::string& address, const sockaddr_un& name) {
  struct stat found {};
  if (::lstat(name.sun_path, &found) != 0) return errno == ENOENT ? absl::OkStatus() : SystemError(address, errno);
  if (!S_ISSOCK(found.st_mode))
    return absl::AlreadyExistsError(absl::StrCat("cannot listen on ", address, ": there is a file of that name"));
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0 || errno == EAGAIN)
    return SystemError(address, EADDRINUSE);
  if (errno != ECONNREFUSED) return SystemError(address, errno);
  return ::unlink(name.sun_path) == 0 ? absl::OkStatus() : SystemError(address, errno);
}

absl::StatusOr<FileDescriptor> ListenUnix(const std::string& address) {
  const std::string path = address.substr(kUnix.size());
  sockaddr_un name{};
  if (path.empty() || path.size() >= sizeof(name.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot listen on \"", address, "\": a path has 1 to ", sizeof(name.sun_path) - 1,
                                                   " bytes; write unix:PATH, as in unix:/run/mailwake/http.sock"));
  }
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  if (absl::Status cleared = ClearUnixPath(address, name); !cleared.ok()) return cleared;
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return SystemError(address, errno);
  ::fchmod(socket.get(), 0600);  // of the file that bind makes: nobody else may connect, from the first moment on
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) return SystemError(address, errno);
  ::chmod(name.sun_path, 0660);  // whatever the umask says
  if (::listen(socket.get(), SOMAXCONN) != 0) return SystemError(address, errno);
  return socket;
}

}  // namespace

bool IsUnixAddress(std::string_view address) { return address.substr(0, kUnix.size()) == kUnix; }

absl::StatusOr<FileDescriptor> Listen(const std::string& address) {
  if (IsUnixAddress(address)) return ListenUnix(address);
  absl::StatusOr<AddressInfo> info = Resolve(address);
  if (!info.ok()) return info.status();
  const addrinfo& chosen = **info;
  FileDescriptor socket(::socket(chosen.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return SystemError(address, errno);
  SetOptions(socket.get());
  if (::bind(socket.get(), chosen.ai_addr, chosen.ai_addrlen) != 0) return SystemError(address, errno);
  if (::listen(socket.get(), SOMAXCONN) != 0) return SystemError(address, errno);
  return socket;
}

std::string LocalAddress(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_UNIX) return absl::StrCat("unix:", reinterpret_cast<const sockaddr_un&>(address).sun_path);
  const std::string host = PeerAddress(address).ToString();
  // The port lies at the same place in both.
  const int port = ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  return address.ss_family == AF_INET6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

}  // namespace mailwake::internal
