// SPDX-License-Identifier: Apache-2.0
//
// An HTTPS server for requests that wait long: TLS 1.2 and 1.3 by OpenSSL straight on the socket with released buffers, HTTP/1.1 by Beast,
// on Asio. While a request waits for its answer a connection keeps its socket, its TLS state and little else.
//
// Threads:    one event loop a thread; a connection stays on its loop, but for what its handshake computes. Handle before Start; the
//             rest from any thread. Create and destroy where no loop runs, or on the only loop's thread; the loops must outlive the
//             server, exchanges need not.
// Cost:       a TLS connection that waits: measured in docs/decisions/tls.md.
// Invariants: (1) a peer that ends the connection, or half of it, while its request waits is gone: HttpExchange::OnGone;
//             (2) one request of a connection at a time: what comes early waits unread.
// Example:    auto server = HttpsServer::Create({.listen = "127.0.0.1:8443"}, {{&io, 0}});
//             server->Handle("/healthz", handler); server->Start();

#ifndef MAILWAKE_ADAPTERS_HTTPS_SERVER_H_
#define MAILWAKE_ADAPTERS_HTTPS_SERVER_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mailwake/adapters/http.h"

namespace mailwake {

struct HttpsOptions {
  std::string listen = "127.0.0.1:8443";  // HOST:PORT, [::1]:PORT; port 0: any. unix:PATH: a socket that its owner and group may use
  int socket = -1;                        // that Listen, or TakeSocket of another server, gave: used instead of `listen`, and owned
  std::string cert_file = {};             // PEM chain. Both empty: plain HTTP (behind a TLS proxy, and tests)
  std::string key_file = {};
  std::string second_cert_file = {};  // of the other kind (ECDSA, RSA), for peers that cannot use the first
  std::string second_key_file = {};
  // TLS handshakes are computed on so many threads of the server's own, so that they keep no loop from what waits there. 0, or if the
  // system gives none: on the loops.
  std::size_t handshake_threads = 1;
  bool tls_1_3_only = false;
  std::string ciphers = {};             // of TLS 1.2, in OpenSSL's words; empty: ECDHE with AEAD
  std::string client_ca_file = {};      // PEM: only peers with a certificate of one of these are let in
  std::string ocsp_response_file = {};  // DER (RFC 6960), of cert_file: stapled for peers that ask
  std::string ticket_key_file = {};     // kept here sessions outlast a restart; empty: they end with it
  // Proxies before us, "127.0.0.1" or "10.0.0.0/8": their X-Forwarded-For says who the peer is, and they may have any number of
  // connections. Whoever connects to a Unix socket is one.
  std::vector<std::string> proxies = {};
  bool proxy_protocol = false;  // their connections begin with a header of the PROXY protocol, version 2, which says it too
  // A newcomer over it takes the place of whoever nobody is known on and has been longest where he is, two seconds at least; or is closed.
  std::size_t max_connections = 18'000;
  std::size_t max_connections_per_address = 10'000;
  std::size_t max_connections_per_user = 250;  // as HttpExchange::BelongsTo names them; a proxy's connections are not counted
  // Of a connection of which no handler has said to whom it belongs; what comes faster is read later. 0: any number, right where handlers
  // never say so. A proxy's connections are not counted. At most 1,000.
  std::uint32_t max_unknown_requests_per_second = 0;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 8 * 1024 * 1024;
  // Held by all requests that are being read, or that no handler has said to whom they belong; over it the newcomer gets 503. Each loop has
  // its part of it: no less than the largest body.
  std::size_t max_reading_bytes = 256 * 1024 * 1024;
  std::chrono::seconds handshake_timeout{15};
  std::chrono::seconds request_timeout{30};   // from a request's first byte to its last
  std::chrono::seconds idle_timeout{300};     // a connection between requests
  std::chrono::seconds stranger_timeout{30};  // the same, if no handler has said to whom it belongs and max_unknown_... is not 0
  std::chrono::seconds write_timeout{30};     // an answer of which the peer takes nothing
  std::size_t write_bytes_per_second = 1024;  // whoever takes it more slowly, after write_timeout, is closed
  // Told of each connection over max_connections_per_address, on one of the loops; the connection is closed at once. May be left out.
  std::function<void(const std::string& address)> address_refused = {};
  std::function<void(const std::string& user)> user_refused = {};  // the same, over max_connections_per_user
};

struct HttpsLoop {
  boost::asio::io_context* io = nullptr;
  LoopId id = 0;  // HttpExchange::loop() of the connections of this loop
};

struct HttpsStats {
  std::uint64_t connections = 0;  // open now
  std::uint64_t accepted = 0;     // since start, this and the rest
  std::uint64_t refused = 0;      // over a limit
  std::uint64_t shed = 0;         // closed for somebody else when max_connections was reached: nobody was known on them
  std::uint64_t handshakes = 0;
  std::uint64_t resumed = 0;  // of the handshakes: short, by a ticket
  std::uint64_t handshake_failures = 0;
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t paused = 0;           // requests after which the next one had to wait (max_unknown_requests_per_second)
  std::int64_t certificate_ends = 0;  // the first of those in use, in seconds since 1970; 0: there is none
};

class HttpsServer {
 public:
  // Binds and loads the certificate; ignores SIGPIPE if nobody handles it. Errors: InvalidArgument (address, certificate or key: names the
  // file and what is wrong), AlreadyExists (address in use), PermissionDenied.
  static absl::StatusOr<std::unique_ptr<HttpsServer>> Create(const HttpsOptions& options, std::vector<HttpsLoop> loops);
  // A listening socket, for a process that may bind the address now and not later. The caller owns it. Errors: as Create.
  static absl::StatusOr<int> Listen(const std::string& address);
  // "127.0.0.1:8443" or "unix:PATH": where a socket listens.
  static std::string AddressOf(int socket);
  // Whether Create would find fault with the options, without a socket. Errors: InvalidArgument.
  static absl::Status Check(const HttpsOptions& options);
  virtual ~HttpsServer() = default;

  // Requests whose path is `path`, or starts with it if it ends in '/'. The longest match counts; none: 404. REQUIRES: before Start.
  virtual void Handle(std::string path, HttpHandler handler) = 0;
  // Once. It starts `handshake_threads` threads: whoever forks does so before.
  virtual void Start() = 0;
  // Takes no more connections, and closes those that wait for a request; the others are closed once answered.
  virtual void StopAccepting() = 0;
  // The same, but the socket goes on to listen, for another server: whoever connects meanwhile waits in the kernel's queue, and who is in
  // the TLS handshake may still ask once. The caller owns the socket. REQUIRES: on the first loop's thread; before StopAccepting.
  virtual int TakeSocket() = 0;
  // The other server did not come: accepts again. REQUIRES: as TakeSocket, which gave `socket`.
  virtual void GiveBack(int socket) = 0;
  // Closes everything at once; requests that wait are gone. (The destructor closes too, and calls nobody.)
  virtual void Close() = 0;
  // Reads certificate, key, client CA and OCSP response again, for connections to come. Errors: InvalidArgument as Create; then all is as
  // it was. Any thread.
  virtual absl::Status ReloadCertificate() = 0;
  virtual std::string address() const = 0;  // "127.0.0.1:8443", the real port
  virtual HttpsStats stats() const = 0;
};

// A self-signed certificate for localhost, 127.0.0.1 and ::1 and the given host, written as PEM files (the key with mode 0600).
absl::Status MakeSelfSignedCertificate(const std::string& host, const std::string& cert_file, const std::string& key_file);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_HTTPS_SERVER_H_
