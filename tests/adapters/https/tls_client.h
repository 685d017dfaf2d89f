// SPDX-License-Identifier: Apache-2.0
//
// What tests of TLS need of a client: a connection as they say it, and a session to come back with.
//
// Example:    Session session(server, TLS1_3_VERSION); EXPECT_TRUE(session.ResumedBy(server, TLS1_3_VERSION));

#ifndef MAILWAKE_TESTS_ADAPTERS_HTTPS_TLS_CLIENT_H_
#define MAILWAKE_TESTS_ADAPTERS_HTTPS_TLS_CLIENT_H_

#include <openssl/ssl.h>

#include <string>
#include <utility>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {

inline HttpsClient ConnectWith(const ServerFixture& server, HttpsClientOptions options) {
  options.tls = true;
  return HttpsClient(server.server->address(), options);
}

// Keeps the session of a connection that was served.
class Session {
 public:
  Session(const ServerFixture& server, int version, const std::string& cert = "", const std::string& key = "") {
    HttpsClient client = ConnectWith(server, {.tls_version = version, .cert_file = cert, .key_file = key});
    if (client.Send(Get("/echo")) && client.Receive().status == 200) session_ = SSL_get1_session(client.ssl());
    client.CloseNotify();  // or OpenSSL would not use the session again
  }
  ~Session() { SSL_SESSION_free(session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool ResumedBy(const ServerFixture& server, int version) {
    HttpsClient client = ConnectWith(server, {.tls_version = version, .session = session_});
    const bool served = client.connected() && client.Send(Get("/echo")) && client.Receive().status == 200;
    client.CloseNotify();
    return served && SSL_session_reused(client.ssl()) == 1;
  }

 private:
  SSL_SESSION* session_ = nullptr;
};

// In the directory that goes away with the program.
inline std::string Path(const std::string& name) { return TestDirectory() + "/" + name; }

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_HTTPS_TLS_CLIENT_H_
