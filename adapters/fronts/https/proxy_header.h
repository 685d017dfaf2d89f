// SPDX-License-Identifier: Apache-2.0
//
// ProxyHeader: what a proxy that speaks the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt section 2.2), says first on each
// connection: whose it is.
//
// Threads:    pure.
// Invariants: nothing after the header is looked at; no header is larger than kMostBytes.
// Example:    ProxyHeader header = ParseProxyHeader(bytes); if (header.status == ProxyHeader::Status::kDone) Skip(header.size);

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_PROXY_HEADER_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_PROXY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/fronts/https/peer_address.h"

namespace mailwake::internal {

struct ProxyHeader {
  static constexpr std::size_t kMostBytes = 4096;  // addresses take 52; the rest are the proxy's own additions
  enum class Status : std::uint8_t { kMore, kBad, kDone };

  Status status = Status::kBad;
  std::size_t size = 0;               // kDone: of the header
  std::optional<PeerAddress> client;  // kDone: nullopt if the proxy speaks for itself (a health check), or of another kind of address
};

ProxyHeader ParseProxyHeader(std::string_view bytes);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_PROXY_HEADER_H_
