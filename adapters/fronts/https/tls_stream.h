// SPDX-License-Identifier: Apache-2.0
//
// A stream that lets OpenSSL read and write the socket itself, so that no bytes of ours lie in between.
//
// Threads:    one loop's.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_TLS_STREAM_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_TLS_STREAM_H_

#include <memory>

#include "adapters/fronts/https/openssl_handles.h"
#include "adapters/fronts/https/stream.h"

namespace mailwake::internal {

// nullptr if `ssl` is, or if OpenSSL cannot take the socket.
std::unique_ptr<Stream> NewTlsStream(SslHandle ssl, int fd);

// Lets handshakes of `context` stop before what is slow (Pace::kQuick).
void LetHandshakesStop(SSL_CTX* context);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_TLS_STREAM_H_
