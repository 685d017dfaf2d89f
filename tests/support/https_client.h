// SPDX-License-Identifier: Apache-2.0
//
// HttpsClient: a blocking client that sends what a test says, byte by byte if need be, over plain sockets or TLS.
//
// Threads:    one at a time.
// Cost:       gives up after 20 s without a byte: then reads are empty.
// Example:    HttpsClient client(server->address(), {.tls = true}); client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
//             EXPECT_EQ(client.Receive().status, 200);

#ifndef MAILWAKE_TESTS_SUPPORT_HTTPS_CLIENT_H_
#define MAILWAKE_TESTS_SUPPORT_HTTPS_CLIENT_H_

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace mailwake {

struct HttpsClientOptions {
  bool tls = false;
  int tls_version = 0;                // exactly this one; 0: any
  std::string alpn = {};              // one protocol
  std::string ca_file = {};           // verify against it
  std::string server_name = {};       // that the certificate must be for
  ssl_session_st* session = nullptr;  // resume
  std::string cert_file = {};         // shows this one, if asked
  std::string key_file = {};
  bool ask_ocsp = false;
  std::string groups = {};  // to agree on keys by, in OpenSSL's words
  std::string first = {};  // what a proxy says before all else
};

class HttpsClient {
 public:
  struct Response {
    int status = 0;  // 0: none came
    std::string header;
    std::string body;
  };

  // HOST:PORT or unix:PATH. Look at connected() before anything else.
  HttpsClient(const std::string& address, const HttpsClientOptions& options);
  ~HttpsClient();
  HttpsClient(HttpsClient&& other) noexcept;

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes);
  // One answer; `head`: to a HEAD request, or an interim one.
  Response Receive(bool head = false);
  // What one read gives.
  std::string ReadSome();
  // The server closed, orderly, and nothing came before.
  bool AtEnd();
  // Bytes that the kernel has for us now, still encrypted; waits for the first.
  std::string PeekRaw();
  bool HasInput();  // now

  void HalfClose();    // FIN, no close_notify
  void CloseNotify();  // TLS only
  void Reset();        // RST
  void Close();        // FIN

  ssl_st* ssl() { return ssl_; }
  int socket() const { return socket_; }

 private:
  bool Handshake(const HttpsClientOptions& options);

  int socket_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  bool connected_ = false;
  bool ended_ = false;
  std::string input_;
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_SUPPORT_HTTPS_CLIENT_H_
