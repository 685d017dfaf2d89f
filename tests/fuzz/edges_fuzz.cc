// SPDX-License-Identifier: Apache-2.0
//
// The small parsers at the edges: what a proxy says before TLS, whom a request was forwarded for, the ticket that a host brings back, and a
// file of passwords. The first byte chooses which.

#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <netinet/in.h>

#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/fronts/accounts/password_scheme.h"
#include "adapters/fronts/https/forwarded.h"
#include "adapters/fronts/https/networks.h"
#include "adapters/fronts/https/proxy_header.h"
#include "adapters/server/passwd_file.h"
#include "adapters/sources/http/secret.h"
#include "adapters/sources/http/sync_ticket.h"
#include "mailwake/adapters/http_text.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

using internal::Networks;
using internal::PeerAddress;
using internal::ProxyHeader;
using Status = ProxyHeader::Status;

void CheckAddress(const PeerAddress& address) {
  const auto again = PeerAddress::Parse(address.ToString());
  FUZZ_CHECK(again && again->bytes() == address.bytes());
  FUZZ_CHECK(Networks::Parse({address.ToString()}).value().Contain(address));
  if (address.is_v4()) FUZZ_CHECK(address.limit_key() == address.bytes());
  // As a socket tells it, in either family.
  sockaddr_storage v6{.ss_family = AF_INET6}, v4{.ss_family = AF_INET};
  std::memcpy(&reinterpret_cast<sockaddr_in6&>(v6).sin6_addr, address.bytes().data(), 16);
  std::memcpy(&reinterpret_cast<sockaddr_in&>(v4).sin_addr, address.bytes().data() + 12, 4);
  FUZZ_CHECK(PeerAddress(v6).bytes() == address.bytes());
  if (address.is_v4()) FUZZ_CHECK(PeerAddress(v4).bytes() == address.bytes());
}

// In pieces it is the same header: more is asked for until it is whole or bad, and what follows it does not count.
void CheckProxy(std::string_view bytes) {
  const ProxyHeader whole = internal::ParseProxyHeader(bytes);
  if (whole.status == Status::kDone) FUZZ_CHECK(whole.size >= 16 && whole.size <= bytes.size() && whole.size <= ProxyHeader::kMostBytes);
  if (whole.status == Status::kMore) FUZZ_CHECK(bytes.size() < ProxyHeader::kMostBytes);
  bool settled = false;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const ProxyHeader part = internal::ParseProxyHeader(bytes.substr(0, size));
    if (part.status == Status::kMore) {
      FUZZ_CHECK(!settled);
      continue;
    }
    settled = true;
    FUZZ_CHECK(part.status == whole.status && part.size == whole.size && part.client.has_value() == whole.client.has_value());
    if (part.client) FUZZ_CHECK(part.client->bytes() == whole.client->bytes());
  }
  FUZZ_CHECK(settled == (whole.status != Status::kMore));
  if (whole.client) CheckAddress(*whole.client);
}

// An address, or one with a port; in brackets with or without a port.
std::optional<PeerAddress> Named(std::string text) {
  if (auto plain = PeerAddress::Parse(text)) return plain;
  const std::size_t before = text.find_last_not_of("0123456789");
  if (before != std::string::npos && before + 1 < text.size() && text[before] == ':') text.resize(before);
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') return PeerAddress::Parse(text.substr(1, text.size() - 2));
  return text.find(':') == std::string::npos ? PeerAddress::Parse(text) : std::nullopt;
}

// Lines: the proxy, its networks (words), then header lines "NAME: VALUE"; a value without a name is X-Forwarded-For's.
void CheckForwarded(std::string_view text) {
  const std::vector<std::string> lines = absl::StrSplit(absl::string_view(text.data(), text.size()), '\n');
  const auto proxy = PeerAddress::Parse(lines[0]);
  if (!proxy || lines.size() < 2) return;
  CheckAddress(*proxy);
  std::vector<std::string> texts = absl::StrSplit(lines[1], ' ', absl::SkipEmpty());
  texts.push_back(lines[0]);
  const auto trusted = Networks::Parse(texts);
  if (!trusted.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(trusted.status()) && !trusted.status().message().empty());
    return;
  }
  HttpHeaders headers;
  std::vector<std::string> named;
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(": ");
    std::string name = colon == std::string::npos ? "X-Forwarded-For" : lines[i].substr(0, colon);
    std::string value = colon == std::string::npos ? lines[i] : lines[i].substr(colon + 2);
    if (EqualsIgnoreCase(name, "X-FORWARDED-FOR"))
      for (absl::string_view each : absl::StrSplit(value, ',')) named.emplace_back(each);
    headers.emplace_back(std::move(name), std::move(value));
  }
  // The obvious way: from the last that was named on, whom each trusted one names.
  PeerAddress expected = *proxy;
  for (auto each = named.rbegin(); each != named.rend() && trusted->Contain(expected); ++each) {
    const std::size_t first = each->find_first_not_of(" \t");
    const auto next = first == std::string::npos ? std::nullopt : Named(each->substr(first, each->find_last_not_of(" \t") - first + 1));
    if (!next) break;
    expected = *next;
  }
  const PeerAddress client = internal::ClientOf(headers, *proxy, *trusted);
  FUZZ_CHECK(client.bytes() == expected.bytes());
  CheckAddress(client);
}

// A seal opens the words that it closed, for whom it closed them, and nothing else.
void CheckTicket(Choices choices) {
  const http_source::TicketSeal seal("a token"), other("another");
  const std::string mailbox(choices.Bytes(1 + choices.Below(kMaxMailboxBytes))), device(choices.Bytes(1 + choices.Below(kMaxDeviceBytes)));
  Version version = 0;
  for (int i = 0; i < 8; ++i) version = version << 8 | choices.Byte();
  std::string word = seal.Close({mailbox, device, version});
  const auto opened = seal.Open(word, mailbox, device);
  FUZZ_CHECK(opened && opened->version == version && opened->mailbox == mailbox && opened->device == device);
  FUZZ_CHECK(!other.Open(word, mailbox, device) && !seal.Open(word, mailbox, device + "x") && !seal.Open(word, mailbox + "x", device));
  if (!device.empty()) FUZZ_CHECK(!seal.Open(word, mailbox + device.front(), device.substr(1)));
  const std::size_t at = choices.Below(word.size());
  const char changed = static_cast<char>(choices.Byte());
  if (word[at] != changed) {
    word[at] = changed;
    FUZZ_CHECK(!seal.Open(word, mailbox, device));
  }
  const std::string_view made = choices.Rest();
  FUZZ_CHECK(!seal.Open(made, mailbox, device) && !seal.Open(word.substr(0, at), mailbox, device));
  FUZZ_CHECK(http_source::Secret(made).Is(made) && !http_source::Secret(made).Is(word));
}

// All lines or an error for each that is bad, in their order, and no password in it.
void CheckPasswords(std::string_view text) {
  constexpr std::string_view kSecret = "hunter2hunter2";
  if (text.find(kSecret) != std::string_view::npos) return;  // it may stand where a scheme does, which an error names
  const std::string with_secrets = absl::StrReplaceAll(absl::string_view(text.data(), text.size()), {{"}!", "}hunter2hunter2"}});
  const auto import = [](std::string_view password) -> absl::StatusOr<std::string> {
    const auto stored = internal::ParseStored(password);
    if (!stored.ok()) return stored.status();
    if (absl::Status cost = internal::CheckCost(*stored); !cost.ok()) return cost;
    return stored->value;
  };
  const auto accounts = server::ParsePasswdFile(with_secrets, "f", import);
  if (!accounts.ok()) {
    const std::string errors(accounts.status().message());
    FUZZ_CHECK(absl::IsInvalidArgument(accounts.status()) && errors.find(kSecret) == std::string::npos);
    int last = 0;
    for (absl::string_view line : absl::StrSplit(errors, '\n')) {
      if (!absl::ConsumePrefix(&line, "f:")) continue;  // a name may not, but a scheme may hold anything
      const int number = std::atoi(std::string(line).c_str());
      FUZZ_CHECK(number > last);
      last = number;
    }
    FUZZ_CHECK(last > 0);
    return;
  }
  std::set<std::string> names;
  for (const AccountRecord& account : *accounts) {
    FUZZ_CHECK(server::CheckUserName(account.user).ok() && names.insert(account.user).second && !account.password.empty());
    FUZZ_CHECK(with_secrets.find(account.user) != std::string::npos);  // in a name too "}!" may stand
  }
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake::fuzz;  // NOLINT
  if (size == 0) return 0;
  const std::string_view rest = Text(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      CheckProxy(rest);
      break;
    case 1:
      CheckForwarded(rest);
      break;
    case 2:
      CheckTicket(Choices(data + 1, size - 1));
      break;
    default:
      CheckPasswords(rest);
  }
  return 0;
}
