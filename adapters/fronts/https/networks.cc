// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/networks.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>

namespace mailwake::internal {
namespace {

constexpr int kBits = 128;
constexpr int kBitsBeforeV4 = 96;

// The bits of `bytes` after the first `bits` are zero.
PeerAddress::Bytes Prefix(PeerAddress::Bytes bytes, int bits) {
  for (int i = 0; i < static_cast<int>(bytes.size()); ++i) {
    const int left = std::clamp(bits - 8 * i, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xFF00 >> left);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Networks> Networks::Parse(const std::vector<std::string>& texts) {
  Networks networks;
  for (const std::string& text : texts) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::optional<PeerAddress> first = PeerAddress::Parse(text.substr(0, slash));
    const int most = first && first->is_v4() ? kBits - kBitsBeforeV4 : kBits;
    int bits = most;
    const bool counted = slash == text.size() || (absl::SimpleAtoi(text.substr(slash + 1), &bits) && bits >= 0 && bits <= most);
    if (!first || !counted) {
      return absl::InvalidArgumentError(
          absl::StrCat("the proxy \"", text, "\" is neither an address nor a network, as 127.0.0.1, 10.0.0.0/8 or 2001:db8::/32"));
    }
    bits += kBits - most;
    if (Prefix(first->bytes(), bits) != first->bytes()) {
      return absl::InvalidArgumentError(absl::StrCat("the proxy network \"", text, "\" has bits set after the first /",
                                                     text.substr(slash + 1), ": write the first address of the network"));
    }
    networks.networks_.push_back({.first = first->bytes(), .bits = bits});
  }
  return networks;
}

bool Networks::Contain(const PeerAddress& peer) const {
  return std::ranges::any_of(networks_, [&peer](const Network& network) { return Prefix(peer.bytes(), network.bits) == network.first; });
}

}  // namespace mailwake::internal
