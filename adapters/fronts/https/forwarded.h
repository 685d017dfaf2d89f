// SPDX-License-Identifier: Apache-2.0
//
// ClientOf: who sent a request that came through proxies: the last address in X-Forwarded-For that is not one of theirs. What stands before
// it is the client's own word, and counts for nothing.
//
// Threads:    pure.
// Example:    request.peer = ClientOf(request.headers, proxy, trusted).ToString();

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_FORWARDED_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_FORWARDED_H_

#include "adapters/fronts/https/networks.h"
#include "adapters/fronts/https/peer_address.h"
#include "mailwake/adapters/http.h"

namespace mailwake::internal {

// REQUIRES: `proxy` is one of `trusted`. The proxy itself if it names nobody, or nobody that is an address.
PeerAddress ClientOf(const HttpHeaders& headers, const PeerAddress& proxy, const Networks& trusted);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_FORWARDED_H_
