// SPDX-License-Identifier: Apache-2.0
//
// ClientTls: a TLS client whose messages go as the test says, without a socket.
//
// Example:    ClientTls client(TLS1_3_VERSION); wire.Send(client.Step("")); wire.Send(client.Step(wire.ReadSome()));

#ifndef MAILWAKE_TESTS_ADAPTERS_HTTPS_CLIENT_TLS_H_
#define MAILWAKE_TESTS_ADAPTERS_HTTPS_CLIENT_TLS_H_

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace mailwake {

class ClientTls {
 public:
  explicit ClientTls(int version, SSL_SESSION* session = nullptr) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));  // owned by it
    SSL_set_connect_state(ssl_.get());
    if (session != nullptr) SSL_set_session(ssl_.get(), session);
  }

  // Takes what came, gives what is to be sent.
  std::string Step(std::string_view came) {
    BIO_write(SSL_get_rbio(ssl_.get()), came.data(), static_cast<int>(came.size()));
    SSL_do_handshake(ssl_.get());
    std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    if (!out.empty()) BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    return out;
  }
  bool done() const { return SSL_is_init_finished(ssl_.get()) == 1; }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

inline std::string Hello() { return ClientTls(TLS1_3_VERSION).Step(""); }

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_HTTPS_CLIENT_TLS_H_
