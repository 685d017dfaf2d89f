// SPDX-License-Identifier: Apache-2.0
//
// Networks: which peers are proxies whose word on the client is taken.
//
// Threads:    immutable once parsed.
// Cost:       O(networks): there are few.
// Example:    auto networks = Networks::Parse({"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"}); networks->Contain(peer);

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_NETWORKS_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_NETWORKS_H_

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "adapters/fronts/https/peer_address.h"

namespace mailwake::internal {

class Networks {
 public:
  Networks() = default;

  // An address each, or the first of a network with "/BITS". Errors: InvalidArgument names the one that is wrong.
  static absl::StatusOr<Networks> Parse(const std::vector<std::string>& texts);

  bool Contain(const PeerAddress& peer) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    PeerAddress::Bytes first;
    int bits;  // of the 128
  };

  std::vector<Network> networks_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_NETWORKS_H_
