// SPDX-License-Identifier: Apache-2.0
//
// TlsContext: a certificate, its key and the rules of our TLS, from which encrypted streams are made.
//
// Threads:    NewStream from any thread; the stream is one loop's.
// Cost:       a stream that waits: about 14 kB in OpenSSL (docs/decisions/tls.md says how it was measured).
// Invariants: TLS 1.2 and later with forward secrecy; no renegotiation, no compression; ALPN "http/1.1" for peers that ask.
// Example:    auto tls = TlsContext::Create("cert.pem", "key.pem"); auto stream = (*tls)->NewStream(fd);

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_TLS_CONTEXT_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_TLS_CONTEXT_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <ctime>
#include <memory>
#include <string>

#include "adapters/fronts/https/openssl_handles.h"
#include "adapters/fronts/https/stream.h"
#include "adapters/fronts/https/ticket_keys.h"
#include "mailwake/adapters/https_server.h"

namespace mailwake::internal {

class TlsContext {
 public:
  // `tickets` is kept for as long as a connection of this context lives. Errors: InvalidArgument, which names the file and what is wrong
  // with it.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Create(const HttpsOptions& options, std::shared_ptr<TicketKeys> tickets);

  // `fd` stays the caller's and must outlive the stream. nullptr: out of memory.
  std::unique_ptr<Stream> NewStream(int fd) const;
  // When the first of its certificates does.
  std::time_t ends() const { return ends_; }

 private:
  TlsContext(SslContextHandle context, std::time_t ends) : context_(std::move(context)), ends_(ends) {}

  SslContextHandle context_;
  std::time_t ends_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_TLS_CONTEXT_H_
