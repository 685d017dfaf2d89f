// SPDX-License-Identifier: Apache-2.0
//
// Owners of OpenSSL's objects, and the words for its errors.
//
// Threads:    an owner is one thread's; OpenSSL's error queue is each thread's own.
// Example:    BioHandle file(BIO_new_file(path, "r")); if (file == nullptr) return absl::InternalError(LastOpensslError());

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_OPENSSL_HANDLES_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_OPENSSL_HANDLES_H_

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace mailwake::internal {

template <auto Free>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, OpensslFree<X509_free>>;
using OcspBasicHandle = std::unique_ptr<OCSP_BASICRESP, OpensslFree<OCSP_BASICRESP_free>>;
using OcspResponseHandle = std::unique_ptr<OCSP_RESPONSE, OpensslFree<OCSP_RESPONSE_free>>;
using SslHandle = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using SslContextHandle = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;

// The reason of the last failure on this thread; empties the queue.
inline std::string LastOpensslError() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason != nullptr ? reason : "unknown reason";
  ERR_clear_error();
  return text;
}

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_OPENSSL_HANDLES_H_
