// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <optional>
#include <utility>

namespace mailwake::fleet {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::string LastTlsError() {
  const unsigned long code = ERR_get_error();
  if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    ERR_clear_error();
    return "the server's certificate is not believed: name it with --ca FILE, or use --insecure";
  }
  std::array<char, 256> text{};
  if (code == 0) return "closed by the peer";
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace

// ---- TLS ----------------------------------------------------------------------------------------------------------------------------

absl::StatusOr<std::shared_ptr<TlsContext>> TlsContext::Create(const std::string& ca_file, bool insecure) {
  std::shared_ptr<TlsContext> tls(new TlsContext);
  tls->insecure_ = insecure;
  tls->context_ = SSL_CTX_new(TLS_client_method());
  if (tls->context_ == nullptr) return absl::InternalError("OpenSSL: " + LastTlsError());
  SSL_CTX_set_min_proto_version(tls->context_, TLS1_2_VERSION);
  SSL_CTX_set_mode(tls->context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(tls->context_, SSL_SESS_CACHE_OFF);
  if (insecure) return tls;
  SSL_CTX_set_verify(tls->context_, SSL_VERIFY_PEER, nullptr);
  const bool loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(tls->context_) == 1
                                      : SSL_CTX_load_verify_locations(tls->context_, ca_file.c_str(), nullptr) == 1;
  if (!loaded) return absl::InvalidArgumentError("cannot load certificates from " + ca_file + ": " + LastTlsError());
  return tls;
}

void TlsContext::KeepSessions() {
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, &TlsContext::Keep);
}

int TlsContext::Keep(SSL* ssl, SSL_SESSION* session) {
  static_cast<Connection*>(SSL_get_app_data(ssl))->session_ = {session, &SSL_SESSION_free};
  return 1;  // it is ours
}

void TlsContext::AtMostTls12() { SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION); }

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

// ---- the answer ---------------------------------------------------------------------------------------------------------------------

class Connection::Reader {
 public:
  Reader() {
    parser_.eager(true);
    parser_.body_limit(8 * 1024 * 1024);
  }

  absl::Status Take(std::string_view bytes) {
    pending_.append(bytes);
    while (!pending_.empty() && !parser_.is_done()) {
      boost::beast::error_code error;
      const std::size_t used = parser_.put(asio::buffer(pending_), error);
      pending_.erase(0, used);
      if (error == http::error::need_more) break;
      if (error) return absl::DataLossError("not HTTP: " + error.message());
    }
    return absl::OkStatus();
  }

  bool done() const { return parser_.is_done(); }

  HttpReply Finish() {
    http::response<http::string_body> message = parser_.release();
    HttpReply reply{.status = static_cast<int>(message.result_int()),
                    .body = std::move(message.body()),
                    .retry_after = std::nullopt,
                    .close = !message.keep_alive()};
    const auto text = message[http::field::retry_after];
    int seconds = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc()) {
      reply.retry_after = std::chrono::seconds(std::max(seconds, 0));
    }
    return reply;
  }

 private:
  http::response_parser<http::string_body> parser_;
  std::string pending_;
};

// ---- the connection -----------------------------------------------------------------------------------------------------------------

Connection::Connection(asio::io_context& io, const Target& target, asio::ip::address from)
    : socket_(io), target_(target), from_(std::move(from)) {}

Connection::~Connection() { SSL_free(ssl_); }

void Connection::Open(OpenCallback done) {
  opened_ = std::move(done);
  boost::system::error_code error;
  socket_.open(target_.endpoint.protocol(), error);
  if (!error && !from_.is_unspecified()) socket_.bind(tcp::endpoint(from_, 0), error);
  if (error) {
    return asio::post(socket_.get_executor(),
                      [self = shared_from_this(), error] { self->Fail(absl::UnavailableError("no socket: " + error.message())); });
  }
  socket_.async_connect(target_.endpoint, [self = shared_from_this()](boost::system::error_code refused) {
    if (!self->opened_) return;
    if (!refused) return self->Connected();
    const std::string why = "cannot connect: " + refused.message();
    self->Fail(refused == asio::error::connection_refused ? absl::NotFoundError(why) : absl::UnavailableError(why));
  });
}

void Connection::Connected() {
  boost::system::error_code error;
  socket_.set_option(tcp::no_delay(true), error);
  socket_.native_non_blocking(true, error);
  ssl_ = SSL_new(target_.tls->context_);
  if (error || ssl_ == nullptr || SSL_set_fd(ssl_, socket_.native_handle()) != 1) return Fail(absl::ResourceExhaustedError(LastTlsError()));
  SSL_set_app_data(ssl_, this);
  if (session_ != nullptr) SSL_set_session(ssl_, session_.get());
  boost::system::error_code not_address;
  asio::ip::make_address(target_.host, not_address);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_);
  if (not_address) {
    SSL_set_tlsext_host_name(ssl_, target_.host.c_str());
    X509_VERIFY_PARAM_set1_host(verify, target_.host.c_str(), 0);
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(verify, target_.host.c_str());
  }
  Handshake();
}

void Connection::Handshake() {
  const int result = SSL_connect(ssl_);
  if (result != 1) return WaitFor(result, &Connection::Handshake, "TLS handshake");
  std::exchange(opened_, nullptr)(absl::OkStatus());
}

bool Connection::resumed() const { return SSL_session_reused(ssl_) == 1; }

void Connection::Send(std::string request, ReplyCallback done) {
  request_ = std::move(request);
  sent_ = 0;
  replied_ = std::move(done);
  Write();
}

void Connection::Write() {
  while (sent_ < request_.size()) {
    const int result = SSL_write(ssl_, request_.data() + sent_, static_cast<int>(request_.size() - sent_));
    if (result <= 0) return WaitFor(result, &Connection::Write, "write");
    sent_ += static_cast<std::size_t>(result);
  }
  request_ = std::string();
  // Not at once: a reply is always a call of the loop's, never of Send's.
  WaitUntil(tcp::socket::wait_read, &Connection::Read);
}

void Connection::Read() {
  thread_local std::array<char, 16 * 1024> buffer;
  for (;;) {
    const int result = SSL_read(ssl_, buffer.data(), buffer.size());
    if (result <= 0) return WaitFor(result, &Connection::Read, "read");
    if (reader_ == nullptr) reader_ = std::make_unique<Reader>();
    absl::Status taken = reader_->Take(std::string_view(buffer.data(), static_cast<std::size_t>(result)));
    if (!taken.ok()) return Fail(std::move(taken));
    if (reader_->done()) break;
  }
  HttpReply reply = std::exchange(reader_, nullptr)->Finish();
  std::exchange(replied_, nullptr)(std::move(reply));
}

void Connection::WaitFor(int ssl_result, Step again, const char* doing) {
  const int error = SSL_get_error(ssl_, ssl_result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
    return asio::post(socket_.get_executor(), [self = shared_from_this(), why = std::string(doing) + ": " + LastTlsError()] {
      self->Fail(absl::UnavailableError(why));
    });
  }
  WaitUntil(error == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write, again);
}

void Connection::WaitUntil(tcp::socket::wait_type direction, Step again) {
  socket_.async_wait(direction, [self = shared_from_this(), again](boost::system::error_code gone) {
    if (gone || !self->socket_.is_open()) return;
    ((*self).*again)();
  });
}

void Connection::Fail(absl::Status why) {
  OpenCallback opened = std::move(opened_);
  ReplyCallback replied = std::move(replied_);
  Close();
  if (opened) return opened(std::move(why));
  if (replied) replied(std::move(why));
}

void Connection::Close() {
  opened_ = nullptr;
  replied_ = nullptr;
  reader_.reset();
  boost::system::error_code error;
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
  ERR_clear_error();
  socket_.close(error);
}

}  // namespace mailwake::fleet
