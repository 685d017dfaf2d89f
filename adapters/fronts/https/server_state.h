// SPDX-License-Identifier: Apache-2.0
//
// ServerState: what all loops of a server share.
//
// Threads:    set up before Start, then read only, but for the counters and the address limit.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_SERVER_STATE_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_SERVER_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "adapters/fronts/https/peer_address.h"
#include "adapters/fronts/https/router.h"
#include "adapters/fronts/https/tls_context.h"
#include "mailwake/adapters/https_server.h"

namespace mailwake::internal {

class Counter {
 public:
  void Add() { value_.fetch_add(1, std::memory_order_relaxed); }
  void Subtract() { value_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct ServerState {
  ServerState(HttpsOptions the_options, std::unique_ptr<TlsContext> the_tls)
      : options(std::move(the_options)), tls(std::move(the_tls)), addresses(options.max_connections_per_address) {}

  const HttpsOptions options;
  const std::unique_ptr<TlsContext> tls;  // nullptr: plain HTTP
  Router router;
  AddressLimit addresses;

  Counter connections;
  Counter accepted;
  Counter refused;
  Counter handshakes;
  Counter handshake_failures;
  Counter requests;
  Counter bad_requests;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_SERVER_STATE_H_
