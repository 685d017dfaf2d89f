// SPDX-License-Identifier: Apache-2.0
//
// ServerState: what all loops of a server share.
//
// Threads:    set up before Start, then read only, but for the counters, the address limit and the TLS context, which may be replaced.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_SERVER_STATE_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_SERVER_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/fronts/https/count_limit.h"
#include "adapters/fronts/https/handshake_pool.h"
#include "adapters/fronts/https/networks.h"
#include "adapters/fronts/https/peer_address.h"
#include "adapters/fronts/https/router.h"
#include "adapters/fronts/https/tls_context.h"
#include "mailwake/adapters/gcra.h"
#include "mailwake/adapters/https_server.h"
#include "mailwake/mutex.h"

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
  ServerState(HttpsOptions the_options, Networks the_proxies, std::shared_ptr<const TlsContext> the_tls)
      : options(std::move(the_options)),
        proxies(std::move(the_proxies)),
        addresses(options.max_connections_per_address),
        users(options.max_connections_per_user),
        unknown_each(options.max_unknown_requests_per_second == 0
                         ? Gcra::Duration(0)
                         : Gcra::Duration(std::chrono::seconds(1)) / options.max_unknown_requests_per_second),
        tls_(std::move(the_tls)) {}

  bool has_tls() const { return !options.cert_file.empty(); }
  // For a connection to come; nullptr: plain HTTP.
  std::shared_ptr<const TlsContext> tls() const {
    MutexLock lock(tls_mutex_);
    return tls_;
  }
  void SetTls(std::shared_ptr<const TlsContext> tls) {
    MutexLock lock(tls_mutex_);
    tls_ = std::move(tls);
  }

  // One more connection of the peer. False: it has too many, which is counted and told; else to be released.
  bool AcquireAddress(const PeerAddress& peer) {
    if (addresses.Acquire(peer.limit_key())) return true;
    if (options.address_refused) options.address_refused(peer.ToString());
    refused.Add();
    return false;
  }

  // One more connection of the user; the same.
  bool AcquireUser(std::uint64_t hash, std::string_view user) {
    if (users.Acquire(hash)) return true;
    if (options.user_refused) options.user_refused(std::string(user));
    refused.Add();
    return false;
  }

  const HttpsOptions options;
  const Networks proxies;
  Router router;
  HandshakePool pool;
  CountLimit<PeerAddress::Bytes> addresses;
  CountLimit<std::uint64_t> users;    // by the hash of their name
  const Gcra::Duration unknown_each;  // of a request for which nobody is known; 0: any number

  Counter connections;
  Counter accepted;
  Counter refused;
  Counter shed;
  Counter handshakes;
  Counter resumed;
  Counter handshake_failures;
  Counter requests;
  Counter bad_requests;
  Counter paused;

 private:
  mutable Mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_ ABSL_GUARDED_BY(tls_mutex_);
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_SERVER_STATE_H_
