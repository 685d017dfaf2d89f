// SPDX-License-Identifier: Apache-2.0
//
// Connection: HTTP/1.1 over TLS, one request at a time, as a phone speaks it. OpenSSL straight on the socket with released buffers, so that
// one process can hold tens of thousands that wait.
//
// Threads:    one io_context that runs on one thread owns it.
// Cost:       under 25 kB while it waits, most of it OpenSSL's.
// Invariants: each Open and each Send calls back exactly once, later, unless Close comes first: then never.
// Example:    auto connection = std::make_shared<Connection>(io, tls, endpoint); connection->Open([](absl::Status opened) { ... });

#ifndef MAILWAKE_BENCH_FLEET_CONNECTION_H_
#define MAILWAKE_BENCH_FLEET_CONNECTION_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "bench/fleet/device.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;

namespace mailwake::fleet {

// How to reach the server, and whom to believe that it is.
class TlsContext {
 public:
  // `ca_file` empty: the system's. Errors: InvalidArgument.
  static absl::StatusOr<std::shared_ptr<TlsContext>> Create(const std::string& ca_file, bool insecure);
  ~TlsContext();
  // Connections keep the ticket that they are given last. REQUIRES: before the first connection, as the next.
  void KeepSessions();
  void AtMostTls12();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class Connection;
  TlsContext() = default;
  static int Keep(SSL* ssl, SSL_SESSION* session);
  SSL_CTX* context_ = nullptr;
  bool insecure_ = false;
};

struct Target {
  std::string host;  // as in the URL: for the certificate and the Host header
  boost::asio::ip::tcp::endpoint endpoint;
  std::shared_ptr<TlsContext> tls;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using OpenCallback = std::function<void(absl::Status)>;
  using ReplyCallback = std::function<void(absl::StatusOr<HttpReply>)>;

  // `from`: the local address, unspecified for any. `target` must outlive the connection.
  Connection(boost::asio::io_context& io, const Target& target, boost::asio::ip::address from = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Open(OpenCallback done);
  // With a ticket of an earlier connection. REQUIRES: before Open.
  void Resume(std::shared_ptr<SSL_SESSION> session) { session_ = std::move(session); }
  // The ticket that came last, or was given; may be null.
  const std::shared_ptr<SSL_SESSION>& session() const { return session_; }
  // REQUIRES: open.
  bool resumed() const;
  // REQUIRES: open, and no other request under way.
  void Send(std::string request, ReplyCallback done);
  void Close();

 private:
  friend class TlsContext;
  class Reader;  // the answer while it comes in
  using Step = void (Connection::*)();

  void Connected();
  void Handshake();
  void Write();
  void Read();
  // After OpenSSL could not go on: calls `again` when it can, or fails.
  void WaitFor(int ssl_result, Step again, const char* doing);
  void WaitUntil(boost::asio::ip::tcp::socket::wait_type direction, Step again);
  void Fail(absl::Status why);

  boost::asio::ip::tcp::socket socket_;
  const Target& target_;
  const boost::asio::ip::address from_;
  SSL* ssl_ = nullptr;
  std::shared_ptr<SSL_SESSION> session_;
  OpenCallback opened_;
  ReplyCallback replied_;
  std::string request_;
  std::size_t sent_ = 0;
  std::unique_ptr<Reader> reader_;
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_CONNECTION_H_
