// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/tls_context.h"

#include <absl/strings/str_cat.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "adapters/fronts/https/ocsp_staple.h"
#include "adapters/fronts/https/tls_stream.h"

namespace mailwake::internal {
namespace {

// In TLS 1.3 OpenSSL would take finite fields too, of which the largest keeps a processor for a tenth of a second.
constexpr char kGroups[] = "X25519:P-256:P-384";
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

std::time_t EndOf(const X509* certificate) {
  std::tm end{};
  return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1 ? ::timegm(&end) : 0;
}

// OpenSSL keeps one of each kind, and shows a peer the one that it can use.
absl::Status UseSecond(SSL_CTX* context, const HttpsOptions& options) {
  const int kind = EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_CTX_get0_certificate(context)));
  if (absl::Status used = UseCertificateChain(context, options.second_cert_file); !used.ok()) return used;
  if (EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_CTX_get0_certificate(context))) == kind) {
    return absl::InvalidArgumentError(absl::StrCat("certificate file ", options.second_cert_file, " is of the same kind as ",
                                                   options.cert_file, ": one must have an ECDSA key, the other an RSA key"));
  }
  return UseKey(context, options.second_key_file, options.second_cert_file);
}

// What a context refers to; goes with it, and so after the last of its connections.
struct Extras {
  std::shared_ptr<TicketKeys> tickets;
  OcspStaple staple;  // of the first certificate
  X509* first = nullptr;
};

int ExtrasIndex() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* extras, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Extras*>(extras); });
  return index;
}

Extras& ExtrasOf(const SSL_CTX* context) { return *static_cast<Extras*>(SSL_CTX_get_ex_data(context, ExtrasIndex())); }

// SSL_CTX_set_session_ticket_cb(3). A ticket may be older than what the peer's certificate is good for.
SSL_TICKET_RETURN LookAtTicket(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t, SSL_TICKET_STATUS status, void*) {
  if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT) return SSL_TICKET_RETURN_IGNORE_RENEW;
  const X509* const peer = session == nullptr ? nullptr : SSL_SESSION_get0_peer(session);
  if (peer != nullptr && X509_cmp_current_time(X509_get0_notAfter(peer)) < 0) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3). 0: a full handshake; 2: this ticket is good, and a new one is due.
int TicketKey(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  TicketKeys& keys = *ExtrasOf(SSL_get_SSL_CTX(ssl)).tickets;
  TicketKeys::Found found{};
  if (sealing != 0) {
    found.key = keys.Current(std::time(nullptr));
    std::copy(found.key.name.begin(), found.key.name.end(), name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  } else {
    TicketKeys::Name wanted;
    std::copy_n(name, wanted.size(), wanted.begin());
    const std::optional<TicketKeys::Found> known = keys.Find(wanted, std::time(nullptr));
    if (!known) return 0;
    found = *known;
  }
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, found.key.mac.data(), found.key.mac.size()),
                             OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
                             OSSL_PARAM_construct_end()};
  const bool ready = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found.key.cipher.data(), iv, sealing) == 1 &&
                     EVP_MAC_CTX_set_params(mac, parameters) == 1;
  return !ready ? -1 : found.old ? 2 : 1;
}

int Staple(SSL* ssl, void*) {
  const Extras& extras = ExtrasOf(SSL_get_SSL_CTX(ssl));
  const std::string_view response = extras.staple.At(std::time(nullptr));
  if (response.empty() || SSL_get_certificate(ssl) != extras.first) return SSL_TLSEXT_ERR_NOACK;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(response.data(), response.size()));  // OpenSSL frees it
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
  return SSL_TLSEXT_ERR_OK;
}

// A session is resumed only by whom the same authorities have let in: a ticket may be older than the question for a certificate.
absl::Status SeparateSessions(SSL_CTX* context, const std::string& authorities) {
  unsigned char digest[SSL_MAX_SID_CTX_LENGTH];
  unsigned size = 0;
  const bool set = EVP_Digest(authorities.data(), authorities.size(), digest, &size, EVP_sha256(), nullptr) == 1 &&
                   SSL_CTX_set_session_id_context(context, digest, size) == 1;
  return set ? absl::OkStatus() : absl::InternalError(absl::StrCat("OpenSSL: ", LastOpensslError()));
}

absl::Status AskForClientCertificates(SSL_CTX* context, const std::string& file) {
  auto pem = OpenPem("client CA", file, "; give the path of the certificates that sign those of the devices");
  if (!pem.ok()) return pem.status();
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return absl::InvalidArgumentError(
        absl::StrCat("client CA file ", file, ": no usable PEM certificate in it (", LastOpensslError(), ")"));
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  std::ostringstream authorities;
  authorities << std::ifstream(file).rdbuf();
  return SeparateSessions(context, authorities.str());
}

absl::Status SetRules(SSL_CTX* context, const HttpsOptions& options) {
  SSL_CTX_set_min_proto_version(context, options.tls_1_3_only ? TLS1_3_VERSION : TLS1_2_VERSION);
  const char* const ciphers = options.ciphers.empty() ? "ECDHE+AESGCM:ECDHE+CHACHA20" : options.ciphers.c_str();
  if (SSL_CTX_set_cipher_list(context, ciphers) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat("the ciphers \"", options.ciphers, "\" name none that there is; see: openssl ciphers -v"));
  }
  if (SSL_CTX_set1_groups_list(context, kGroups) != 1) return absl::InternalError(absl::StrCat("OpenSSL: ", LastOpensslError()));
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // one call for a record, not one for its header and one for the rest
  // Sessions live in tickets that the peers keep: resuming is cheap, and nothing is kept here. One ticket is enough for one device.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, static_cast<long>(TicketKeys::kPeriod * (TicketKeys::kKept - 1)));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, TicketKey);
  SSL_CTX_set_session_ticket_cb(context, nullptr, LookAtTicket, nullptr);
  constexpr unsigned char kSessions[] = "mailwake";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof(kSessions) - 1);
  SSL_CTX_set_tlsext_status_cb(context, Staple);
  SSL_CTX_set_alpn_select_cb(context, SelectHttp11, nullptr);
  LetHandshakesStop(context);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Create(const HttpsOptions& options, std::shared_ptr<TicketKeys> tickets) {
  SslContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return absl::InternalError(absl::StrCat("OpenSSL: ", LastOpensslError()));
  auto extras = std::make_unique<Extras>(Extras{.tickets = std::move(tickets), .staple = {}, .first = nullptr});
  ERR_clear_error();
  if (absl::Status set = SetRules(context.get(), options); !set.ok()) return set;
  if (absl::Status used = UseCertificateChain(context.get(), options.cert_file); !used.ok()) return used;
  if (absl::Status used = UseKey(context.get(), options.key_file, options.cert_file); !used.ok()) return used;
  X509* const first = extras->first = SSL_CTX_get0_certificate(context.get());
  std::time_t ends = EndOf(first);
  if (!options.second_cert_file.empty()) {
    if (absl::Status used = UseSecond(context.get(), options); !used.ok()) return used;
    ends = std::min(ends, EndOf(SSL_CTX_get0_certificate(context.get())));
  }
  if (!options.client_ca_file.empty()) {
    if (absl::Status set = AskForClientCertificates(context.get(), options.client_ca_file); !set.ok()) return set;
  }
  if (!options.ocsp_response_file.empty()) {
    absl::StatusOr<OcspStaple> staple = OcspStaple::Read(options.ocsp_response_file, first);
    if (!staple.ok()) return staple.status();
    extras->staple = *std::move(staple);
  }
  if (SSL_CTX_set_ex_data(context.get(), ExtrasIndex(), extras.get()) != 1) return absl::InternalError("OpenSSL is out of memory");
  extras.release();  // NOLINT(bugprone-unused-return-value): the context's now
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(context), ends));
}

std::unique_ptr<Stream> TlsContext::NewStream(int fd) const { return NewTlsStream(SslHandle(SSL_new(context_.get())), fd); }

}  // namespace mailwake::internal
