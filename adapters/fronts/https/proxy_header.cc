// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/proxy_header.h"

#include <algorithm>

namespace mailwake::internal {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedBytes = 16;
constexpr std::uint8_t kLocal = 0x20;  // version 2, and the command
constexpr std::uint8_t kProxy = 0x21;
// The family and the protocol: over TCP.
constexpr std::uint8_t kTcpV4 = 0x11;
constexpr std::uint8_t kTcpV6 = 0x21;
constexpr std::size_t kV4Bytes = 12;  // both addresses and ports
constexpr std::size_t kV6Bytes = 36;

}  // namespace

ProxyHeader ParseProxyHeader(std::string_view bytes) {
  using Status = ProxyHeader::Status;
  const auto at = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t known = std::min(bytes.size(), kSignature.size());
  if (bytes.substr(0, known) != kSignature.substr(0, known)) return {.status = Status::kBad};
  if (bytes.size() < kFixedBytes) return {.status = Status::kMore};
  const std::uint8_t command = at(12);
  const std::size_t length = std::size_t{at(14)} << 8 | at(15);
  if ((command != kLocal && command != kProxy) || kFixedBytes + length > ProxyHeader::kMostBytes) return {.status = Status::kBad};
  if (bytes.size() < kFixedBytes + length) return {.status = Status::kMore};
  ProxyHeader header{.status = Status::kDone, .size = kFixedBytes + length, .client = std::nullopt};
  if (command == kLocal) return header;
  const std::uint8_t kind = at(13);
  const std::size_t needed = kind == kTcpV4 ? kV4Bytes : kind == kTcpV6 ? kV6Bytes : 0;
  if (length < needed) return {.status = Status::kBad};
  if (needed > 0) header.client = PeerAddress::OfBytes(bytes.substr(kFixedBytes, kind == kTcpV4 ? 4 : 16));
  return header;
}

}  // namespace mailwake::internal
