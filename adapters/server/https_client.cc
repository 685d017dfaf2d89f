// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/https_client.h"

#include <absl/strings/str_cat.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>

namespace mailwake::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::seconds;

constexpr seconds kConnectTimeout{15};
constexpr std::uint64_t kMaxReplyBytes = 256 * 1024 * 1024;

struct Place {
  std::string host;
  std::string port = "443";
};

absl::StatusOr<Place> ParseUrl(const std::string& url) {
  constexpr char kScheme[] = "https://";
  const auto wrong = [&] {
    return absl::InvalidArgumentError(absl::StrCat("--server is \"", url, "\": it must be https://HOST:PORT, as https://127.0.0.1:8443"));
  };
  if (url.compare(0, sizeof kScheme - 1, kScheme) != 0) return wrong();
  std::string rest = url.substr(sizeof kScheme - 1);
  if (!rest.empty() && rest.back() == '/') rest.pop_back();
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string::npos) return wrong();
  Place place;
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon != std::string::npos) {
    place.port = rest.substr(colon + 1);
    rest.resize(colon);
  }
  if (!rest.empty() && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  if (rest.empty() || place.port.empty() || place.port.find_first_not_of("0123456789") != std::string::npos) return wrong();
  place.host = rest;
  return place;
}

class Client final : public HttpsClient {
 public:
  Client(Place place, std::string url, asio::ssl::context tls) : place_(std::move(place)), url_(std::move(url)), tls_(std::move(tls)) {}

  absl::StatusOr<HttpsReply> Send(const HttpsMessage& message) override;

 private:
  using Stream = beast::ssl_stream<beast::tcp_stream>;

  absl::Status Connect();
  absl::Status Failed(const char* doing, const error_code& error);
  // Runs one asynchronous operation to its end, so that the stream's timeout counts.
  template <typename Operation>
  error_code Await(seconds timeout, Operation operation) {
    error_code result;
    stream_->next_layer().expires_after(timeout);
    operation([&result](error_code error, auto&&...) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }

  const Place place_;
  const std::string url_;
  asio::ssl::context tls_;
  asio::io_context io_;
  std::optional<Stream> stream_;  // none: not connected
  beast::flat_buffer buffer_;
};

absl::Status Client::Failed(const char* doing, const error_code& error) {
  const long verified = stream_ ? SSL_get_verify_result(stream_->native_handle()) : X509_V_OK;
  stream_.reset();
  if (verified != X509_V_OK) {
    return absl::UnauthenticatedError(absl::StrCat("the certificate of ", url_, " is not trusted (",
                                                   X509_verify_cert_error_string(verified),
                                                   "): name the one to trust with --ca FILE, or do not check it: --insecure"));
  }
  if (error == beast::error::timeout) return absl::DeadlineExceededError(absl::StrCat(url_, ": no answer in time while ", doing));
  return absl::UnavailableError(absl::StrCat(url_, ": ", error.message(), " while ", doing, ": is the server running there?"));
}

absl::Status Client::Connect() {
  error_code error;
  asio::ip::tcp::resolver resolver(io_);
  const auto addresses = resolver.resolve(place_.host, place_.port, error);
  if (error) return absl::UnavailableError(absl::StrCat(url_, ": ", error.message(), ": check the host's name"));
  stream_.emplace(io_, tls_);
  buffer_.clear();
  stream_->set_verify_callback(asio::ssl::host_name_verification(place_.host), error);
  error_code not_an_address;
  asio::ip::make_address(place_.host, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(stream_->native_handle(), place_.host.c_str());
  error = Await(kConnectTimeout, [&](auto done) { stream_->next_layer().async_connect(addresses, std::move(done)); });
  if (error) return Failed("connecting", error);
  stream_->next_layer().socket().set_option(asio::ip::tcp::no_delay(true), error);
  error = Await(kConnectTimeout, [&](auto done) { stream_->async_handshake(asio::ssl::stream_base::client, std::move(done)); });
  if (error) return Failed("making the TLS connection", error);
  return absl::OkStatus();
}

absl::StatusOr<HttpsReply> Client::Send(const HttpsMessage& message) {
  if (!stream_) {
    if (absl::Status connected = Connect(); !connected.ok()) return connected;
  }
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(message.method);
  request.target(message.target);
  request.set(http::field::host, place_.host);
  request.set(http::field::user_agent, "mailwake/" MAILWAKE_VERSION);
  for (const auto& [name, value] : message.headers) request.set(name, value);
  request.body() = message.body;
  request.prepare_payload();
  error_code error = Await(message.timeout, [&](auto done) { http::async_write(*stream_, request, std::move(done)); });
  if (error) return Failed("sending", error);

  http::response_parser<http::string_body> reply;
  reply.body_limit(kMaxReplyBytes);
  error = Await(message.timeout, [&](auto done) { http::async_read(*stream_, buffer_, reply, std::move(done)); });
  if (error) return Failed("waiting for the answer", error);
  if (!reply.get().keep_alive()) stream_.reset();
  return HttpsReply{.status = static_cast<int>(reply.get().result_int()), .body = std::move(reply.get().body())};
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpsClient>> HttpsClient::Create(const ServerArguments& server) {
  absl::StatusOr<Place> place = ParseUrl(server.url);
  if (!place.ok()) return place.status();
  asio::ssl::context tls(asio::ssl::context::tls_client);
  error_code error;
  if (server.insecure) {
    tls.set_verify_mode(asio::ssl::verify_none, error);
  } else {
    tls.set_verify_mode(asio::ssl::verify_peer, error);
    if (server.ca_file.empty()) {
      tls.set_default_verify_paths(error);
    } else {
      tls.load_verify_file(server.ca_file, error);
    }
    if (error) return absl::InvalidArgumentError(absl::StrCat("cannot read certificates from ", server.ca_file, ": ", error.message()));
  }
  return std::make_unique<Client>(*std::move(place), server.url, std::move(tls));
}

std::string PercentEncode(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 0xF]};
    }
  }
  return out;
}

}  // namespace mailwake::server
