// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/peer_address.h"

#include <absl/strings/str_cat.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace mailwake::internal {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedV4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

PeerAddress::PeerAddress(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    std::memcpy(bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, bytes_.size());
  } else if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    *this = OfBytes({reinterpret_cast<const char*>(&v4), 4});
  }
}

PeerAddress PeerAddress::OfBytes(std::string_view bytes) {
  PeerAddress address;
  if (bytes.size() == 4) std::copy(kMappedV4.begin(), kMappedV4.end(), address.bytes_.begin());
  std::memcpy(address.bytes_.data() + address.bytes_.size() - bytes.size(), bytes.data(), bytes.size());
  return address;
}

std::optional<PeerAddress> PeerAddress::Parse(const std::string& text) {
  if (text.find('\0') != std::string::npos) return std::nullopt;  // inet_pton would look no further
  char bytes[16];
  for (const auto& [family, size] : {std::pair(AF_INET, 4), std::pair(AF_INET6, 16)}) {
    if (inet_pton(family, text.c_str(), bytes) == 1) return OfBytes({bytes, static_cast<std::size_t>(size)});
  }
  return std::nullopt;
}

bool PeerAddress::is_v4() const { return std::equal(kMappedV4.begin(), kMappedV4.end(), bytes_.begin()); }

std::string PeerAddress::ToString() const {
  if (is_v4()) return absl::StrCat(bytes_[12], ".", bytes_[13], ".", bytes_[14], ".", bytes_[15]);  // inet_ntop prints, for each request
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

PeerAddress::Bytes PeerAddress::limit_key() const {
  Bytes key = bytes_;
  if (!is_v4()) std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
  return key;
}

}  // namespace mailwake::internal
