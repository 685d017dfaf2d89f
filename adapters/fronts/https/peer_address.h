// SPDX-License-Identifier: Apache-2.0
//
// PeerAddress: who is at the other end, in 16 bytes; and AddressLimit: how many connections each has.
//
// Threads:    PeerAddress is a value; AddressLimit may be used from any thread.
// Invariants: an IPv6 peer counts by its /64, which is what one customer gets; an IPv4 peer by its address.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_PEER_ADDRESS_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_PEER_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailwake::internal {

class PeerAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

  PeerAddress() = default;
  // One over a Unix socket is ::, which nobody else can be.
  explicit PeerAddress(const sockaddr_storage& address);
  // "192.0.2.7", "2001:db8::7"; nullopt if it is neither.
  static std::optional<PeerAddress> Parse(const std::string& text);
  // REQUIRES: 4 or 16 of them, as they stand in packets.
  static PeerAddress OfBytes(std::string_view bytes);

  std::string ToString() const;  // "192.0.2.7", "2001:db8::7"
  Bytes limit_key() const;
  const Bytes& bytes() const { return bytes_; }
  bool is_v4() const;

 private:
  Bytes bytes_{};
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_PEER_ADDRESS_H_
