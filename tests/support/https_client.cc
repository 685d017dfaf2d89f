// SPDX-License-Identifier: Apache-2.0
#include "tests/support/https_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstring>
#include <utility>

namespace mailwake {
namespace {

constexpr int kPatienceSeconds = 20;

int Connect(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return -1;
  std::string host = address.substr(0, colon);
  sockaddr_storage peer{};
  socklen_t size = 0;
  if (host == "unix") {
    auto& name = reinterpret_cast<sockaddr_un&>(peer);
    name.sun_family = AF_UNIX;
    address.copy(name.sun_path, sizeof(name.sun_path) - 1, colon + 1);
    size = sizeof(name);
  } else if (host.front() == '[') {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(peer);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr);
    size = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(peer);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
    size = sizeof(v4);
  }
  const int fd = ::socket(peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(fd, reinterpret_cast<sockaddr*>(&peer), size) == 0) return fd;
  ::close(fd);
  return -1;
}

std::size_t ContentLength(std::string header) {
  std::transform(header.begin(), header.end(), header.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = header.find("\r\ncontent-length: ");
  return at == std::string::npos ? 0 : std::stoul(header.substr(at + 18));
}

}  // namespace

HttpsClient::HttpsClient(const std::string& address, const HttpsClientOptions& options) : socket_(Connect(address)) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string& first = options.first;
  const bool sent = socket_ >= 0 && ::send(socket_, first.data(), first.size(), 0) == static_cast<ssize_t>(first.size());
  connected_ = sent && (!options.tls || Handshake(options));
}

HttpsClient::HttpsClient(HttpsClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      context_(std::exchange(other.context_, nullptr)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      connected_(other.connected_),
      ended_(other.ended_),
      input_(std::move(other.input_)) {}

HttpsClient::~HttpsClient() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  Close();
}

bool HttpsClient::Handshake(const HttpsClientOptions& options) {
  context_ = SSL_CTX_new(TLS_client_method());
  if (options.tls_version != 0) {
    SSL_CTX_set_security_level(context_, 0);  // or OpenSSL itself would not offer old versions
    SSL_CTX_set_min_proto_version(context_, options.tls_version);
    SSL_CTX_set_max_proto_version(context_, options.tls_version);
  }
  if (!options.cert_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, options.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_, options.key_file.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_ = SSL_new(context_);
  if (!options.ca_file.empty()) {
    SSL_CTX_load_verify_locations(context_, options.ca_file.c_str(), nullptr);
    SSL_free(std::exchange(ssl_, SSL_new(context_)));
    SSL_set_verify(ssl_, SSL_VERIFY_PEER, nullptr);
    SSL_set1_host(ssl_, options.server_name.c_str());
  }
  if (!options.alpn.empty()) {
    const std::string wire = std::string(1, static_cast<char>(options.alpn.size())) + options.alpn;
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wire.data()), static_cast<unsigned>(wire.size()));
  }
  if (options.ask_ocsp) SSL_set_tlsext_status_type(ssl_, TLSEXT_STATUSTYPE_ocsp);
  if (!options.groups.empty()) SSL_set1_groups_list(ssl_, options.groups.c_str());
  if (options.session != nullptr) SSL_set_session(ssl_, options.session);
  SSL_set_fd(ssl_, socket_);
  ERR_clear_error();
  return SSL_connect(ssl_) == 1;
}

bool HttpsClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                         : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string HttpsClient::ReadSome() {
  std::string bytes(32 * 1024, '\0');
  ERR_clear_error();
  const ssize_t got =
      ssl_ != nullptr ? SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size())) : ::recv(socket_, bytes.data(), bytes.size(), 0);
  ended_ = got == 0 && (ssl_ == nullptr || SSL_get_error(ssl_, 0) == SSL_ERROR_ZERO_RETURN);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

HttpsClient::Response HttpsClient::Receive(bool head) {
  Response response;
  std::size_t end;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = ReadSome();
    if (more.empty()) return response;
    input_ += more;
  }
  response.header = input_.substr(0, end + 2);
  const std::size_t length = head ? 0 : ContentLength(response.header);
  while (input_.size() < end + 4 + length) {
    const std::string more = ReadSome();
    if (more.empty()) return response;
    input_ += more;
  }
  response.status = std::stoi(response.header.substr(9, 3));
  response.body = input_.substr(end + 4, length);
  input_.erase(0, end + 4 + length);
  return response;
}

bool HttpsClient::AtEnd() { return input_.empty() && ReadSome().empty() && ended_; }

std::string HttpsClient::PeekRaw() {
  std::string bytes(64 * 1024, '\0');
  const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_PEEK);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

bool HttpsClient::HasInput() {
  pollfd look{.fd = socket_, .events = POLLIN, .revents = 0};
  return !input_.empty() || ::poll(&look, 1, 0) == 1;
}

void HttpsClient::HalfClose() { ::shutdown(socket_, SHUT_WR); }

void HttpsClient::CloseNotify() { SSL_shutdown(ssl_); }

void HttpsClient::Reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  Close();
}

void HttpsClient::Close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

}  // namespace mailwake
