// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/tls_context.h"

#include <absl/strings/str_cat.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "adapters/fronts/https/tls_stream.h"

namespace mailwake::internal {
namespace {

constexpr char kHttp11[] = "\x08http/1.1";

// RFC 7301: a peer that offers only protocols that we do not speak is told so.
int SelectHttp11(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size, void*) {
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(kHttp11), sizeof(kHttp11) - 1, in, in_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A server has nobody to ask for a passphrase.
int NoPassphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<BioHandle> OpenPem(std::string_view what, const std::string& file, std::string_view next_step) {
  errno = 0;
  BioHandle pem(BIO_new_file(file.c_str(), "r"));
  if (pem != nullptr) return pem;
  const int error = errno;
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(std::string(what), " file ", file, ": ", std::strerror(error), std::string(next_step)));
}

absl::Status UseCertificateChain(SSL_CTX* context, const std::string& file) {
  auto pem = OpenPem("certificate", file, "; give the right path, or leave out both cert and key to have a self-signed one made");
  if (!pem.ok()) return pem.status();
  if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("certificate file ", file, ": no usable PEM certificate in it (", LastOpensslError(),
                                                 "); it must begin with the server's own certificate, the chain after it"));
}

absl::Status UseKey(SSL_CTX* context, const std::string& file, const std::string& cert_file) {
  auto pem = OpenPem("key", file, "; give the path of the certificate's private key");
  if (!pem.ok()) return pem.status();
  KeyHandle key(PEM_read_bio_PrivateKey(pem->get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("key file ", file, ": no usable PEM private key in it (", LastOpensslError(), "); it must not have a passphrase"));
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat("key file ", file, " does not belong to the certificate in ", cert_file));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("key file ", file, ": ", LastOpensslError()));
}

void SetRules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 0);
  // Sessions live in tickets that the peers keep: resuming is cheap, and nothing is kept here. One ticket is enough for one device.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, SelectHttp11, nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Create(const std::string& cert_file, const std::string& key_file) {
  SslContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return absl::InternalError(absl::StrCat("OpenSSL: ", LastOpensslError()));
  SetRules(context.get());
  ERR_clear_error();
  if (absl::Status used = UseCertificateChain(context.get(), cert_file); !used.ok()) return used;
  if (absl::Status used = UseKey(context.get(), key_file, cert_file); !used.ok()) return used;
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(context)));
}

std::unique_ptr<Stream> TlsContext::NewStream(int fd) const { return NewTlsStream(SslHandle(SSL_new(context_.get())), fd); }

}  // namespace mailwake::internal
