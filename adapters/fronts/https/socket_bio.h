// SPDX-License-Identifier: Apache-2.0
//
// SocketBio: what OpenSSL reads and writes through once a connection is set up: one BIO a thread, pointed at the socket before each call.
// The BIO that SSL_set_fd makes for each connection takes 208 bytes while it waits.
//
// Threads:    each has its own; a connection may come to another thread between two calls.
// Cost:       the first call of a connection on a thread exchanges the BIO.
// Invariants: bytes go to and come from the socket that was pointed at last, and no call points twice.
// Example:    PointBio(ssl, fd); SSL_read(ssl, ...);

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_SOCKET_BIO_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_SOCKET_BIO_H_

#include "adapters/fronts/https/openssl_handles.h"

namespace mailwake::internal {

// REQUIRES: the handshake is over: during it OpenSSL chains a BIO of its own to that of the socket, and that may be on another thread.
// (While a key update is answered it does so again; that touches what of the shared one nobody reads.) Out of memory: all is as it was.
void PointBio(SSL* ssl, int fd);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_SOCKET_BIO_H_
