// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/sync_ticket.h"

#include <absl/strings/str_cat.h>
#include <sodium.h>

#include <charconv>

#include "adapters/sources/http/secret.h"

namespace mailwake::http_source {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::string_view kPurpose = "mailwake sync ticket 1";

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string Hex(const unsigned char* bytes, std::size_t size) {
  std::string text(size * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes, size);
  text.pop_back();
  return text;
}

}  // namespace

TicketSeal::TicketSeal(std::string_view token) {
  crypto_generichash(key_.data(), key_.size(), Bytes(token), token.size(), Bytes(kPurpose), kPurpose.size());
}

std::string TicketSeal::Mac(const SyncTicket& ticket) const {
  // Lengths first, so that no two tickets make the same text.
  const std::string mailbox(ticket.mailbox), device(ticket.device);
  const std::string text = absl::StrCat(mailbox.size(), ":", mailbox, device.size(), ":", device, ticket.version);
  unsigned char mac[kMacBytes];
  crypto_generichash(mac, sizeof mac, Bytes(text), text.size(), key_.data(), key_.size());
  return Hex(mac, sizeof mac);
}

std::string TicketSeal::Close(const SyncTicket& ticket) const { return absl::StrCat(absl::Hex(ticket.version), ".", Mac(ticket)); }

std::optional<SyncTicket> TicketSeal::Open(std::string_view word, std::string_view mailbox, std::string_view device) const {
  const std::size_t dot = word.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  SyncTicket ticket{.mailbox = mailbox, .device = device};
  const char* end = word.data() + dot;
  const auto [stop, error] = std::from_chars(word.data(), end, ticket.version, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (!Secret(Close(ticket)).Is(word)) return std::nullopt;
  return ticket;
}

}  // namespace mailwake::http_source
