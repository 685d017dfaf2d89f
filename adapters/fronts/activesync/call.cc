// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/call.h"

#include <absl/hash/hash.h>
#include <absl/strings/str_cat.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {
namespace {

// Always with its type, on an empty body too: some devices take anything else for an error page.
HttpResponse Response(int status, std::string body) {
  HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.reserve(4);
  response.headers.emplace_back("Content-Type", kContentType);
  response.headers.emplace_back("Cache-Control", "private");
  response.headers.emplace_back("MS-Server-ActiveSync", "16.1");
  return response;
}

// The address with all but so many bytes cleared; empty if it is none of IPv6.
std::string NetworkOfIPv6(const std::string& peer, int bytes) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, peer.c_str(), &address) != 1) return {};
  std::fill(std::begin(address.s6_addr) + bytes, std::end(address.s6_addr), std::uint8_t{0});
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

}  // namespace

void Answer(const Asker& asker, std::string document, HttpExchange::Written written) {
  asker.exchange->Respond(Response(200, std::move(document)), std::move(written));
}

void AnswerAndClose(const Asker& asker, std::string document) {
  HttpResponse response = Response(200, std::move(document));
  response.close = true;
  asker.exchange->Respond(std::move(response));
}

std::string NameOf(std::string_view mailbox, std::string_view device) {
  std::string name(mailbox);
  name += '\0';
  return name += device;
}

void CountFailure(const Asker& asker) { asker.context->failures.Failed(asker.name(), asker.context->options.clock()); }

void AnswerFailure(const Asker& asker, std::string document) {
  CountFailure(asker);
  Answer(asker, std::move(document));
}

bool Blocked(const Asker& asker) {
  const ActiveSyncOptions& options = asker.context->options;
  return options.blocked && options.blocked(asker.mailbox, asker.device);
}

void EndIfRevoked(const Call& call, PingId id) {
  const bool counts = call.context->authenticator.Counts({.mailbox = call.mailbox, .since = call.login_since});
  if (counts && !Blocked(call)) return;
  if (!call.engine().Cancel(id)) return;
  if (counts) return RefuseRevoked(call);
  RefuseForNow(call, SomeSeconds());  // it may be another's password that was changed: that shows when the device comes back
}

void RefuseRevoked(const Asker& asker) { Refuse(asker, Blocked(asker) ? 403 : 401); }

bool TooMany(const Context& context, RateLimit& limit, std::string_view kind, const std::string& who, HttpExchange& exchange) {
  const auto wait = limit.Take(absl::HashOf(who), context.options.clock());
  if (wait.count() == 0) return false;
  if (context.options.too_many_requests) context.options.too_many_requests(std::string(kind) + who);
  RefuseForNow(exchange, std::chrono::ceil<std::chrono::seconds>(wait) + SomeSeconds());
  return true;
}

bool Throttle(const Asker& asker) {
  const Context& context = *asker.context;
  if (context.failures.empty()) return false;
  const auto wait = context.failures.WaitOf(asker.name(), context.options.clock());
  if (wait.count() == 0) return false;
  HttpResponse response = Response(503, {});
  response.headers.emplace_back("Retry-After", absl::StrCat(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  response.headers.emplace_back("X-MS-ASThrottle", "CommandFrequency");
  asker.exchange->Respond(std::move(response));
  return true;
}

void Refuse(HttpExchange& exchange, int status) {
  HttpResponse response = Response(status, {});
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"mailwake\"");
  if (status == 405) response.headers.emplace_back("Allow", "OPTIONS,POST");
  if (status == 415) {
    response.headers = {{"Content-Type", "text/plain"}, {"Accept-Encoding", "identity"}};
    response.body = "send the body as it is: this server takes no Content-Encoding\n";
  }
  exchange.Respond(std::move(response));
}

void RefuseForNow(HttpExchange& exchange, std::chrono::seconds retry_after, bool close) {
  HttpResponse response = Response(503, {});
  response.close = close;
  response.headers.emplace_back("Retry-After", absl::StrCat(std::max<std::int64_t>(retry_after.count(), 1)));
  exchange.Respond(std::move(response));
}

std::chrono::seconds SomeSeconds() { return std::chrono::seconds(mailwake::SomeSeconds(5, 15)); }

std::string NetworkOf(const std::string& peer) {
  const std::string network = NetworkOfIPv6(peer, 6);
  return network.empty() ? peer.substr(0, peer.rfind('.')) + ".0/24" : network + "/48";
}

std::string AddressOf(const std::string& peer) {
  const std::string network = NetworkOfIPv6(peer, 8);
  return network.empty() ? peer : network + "/64";
}

}  // namespace mailwake::eas
