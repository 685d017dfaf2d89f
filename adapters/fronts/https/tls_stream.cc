// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/tls_stream.h"

#include <sys/socket.h>

#include <chrono>
#include <utility>

#include "adapters/fronts/https/socket_bio.h"
#include "mailwake/adapters/gcra.h"

namespace mailwake::internal {
namespace {

// Key updates and attempts to renegotiate, of one peer. Nobody needs one a second.
constexpr std::chrono::seconds kMessageEach{1};
constexpr std::chrono::seconds kMessageBurst{16};

// Within SSL_accept on this thread: it is to stop before it computes with keys.
thread_local bool quick = false;

// SSL_CTX_set_client_hello_cb(3). In TLS 1.3, of which each hello has this extension, a key is agreed on even if a session is resumed.
int LookAtHello(SSL* ssl, int* /*alert*/, void* /*nothing*/) {
  const unsigned char* versions = nullptr;
  std::size_t size = 0;
  const bool stop = quick && SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &versions, &size) == 1;
  return stop ? SSL_CLIENT_HELLO_RETRY : SSL_CLIENT_HELLO_SUCCESS;
}

// SSL_CTX_set_cert_cb(3): called when the certificate is needed, which it is not if a session is resumed.
int BeforeCertificate(SSL* /*ssl*/, void* /*nothing*/) { return quick ? -1 : 1; }

class TlsStream final : public Stream {
 public:
  TlsStream(SslHandle ssl, int fd) : ssl_(std::move(ssl)), fd_(fd) {}

  IoStatus Handshake(Pace pace) override {
    const bool quickly = pace == Pace::kQuick;
    if (quickly && computed_ && Slow()) return IoStatus::kSlow;
    computed_ |= !quickly;
    quick = quickly;
    ERR_clear_error();
    const IoStatus status = Judge(SSL_accept(ssl_.get()));
    quick = false;
    if (status == IoStatus::kDone) {
      SSL_set_msg_callback(ssl_.get(), &TlsStream::OnMessage);
      SSL_set_msg_callback_arg(ssl_.get(), this);
    }
    return status;
  }

  // With read-ahead one recv takes all that is there, up to a record of full size; so a recv that brought less left nothing.
  IoResult Read(char* data, std::size_t size) override {
    std::size_t got = 0;
    Prepare();
    const IoStatus status = Judge(SSL_read_ex(ssl_.get(), data, size, &got));
    if (status != IoStatus::kDone) {
      several_ = false;
      return {.status = status};
    }
    several_ |= SSL_has_pending(ssl_.get()) == 1 || got >= kReadSize / 2;
    return {.status = status, .bytes = got, .more = several_};
  }

  IoResult Write(const char* data, std::size_t size) override {
    std::size_t sent = 0;
    Prepare();
    const IoStatus status = Judge(SSL_write_ex(ssl_.get(), data, size, &sent));
    return {.status = status, .bytes = sent};
  }

  IoStatus Peek() override {
    char byte;
    std::size_t got = 0;
    Prepare();
    const IoStatus status = Judge(SSL_peek_ex(ssl_.get(), &byte, 1, &got));
    if (status != IoStatus::kDone) several_ = false;
    return status;
  }

  bool resumed() const override { return SSL_session_reused(ssl_.get()) == 1; }

  void Finish() override {
    // After a fatal error OpenSSL forbids it; before the end of the handshake it makes no sense.
    if (!broken_ && SSL_is_init_finished(ssl_.get())) {
      Prepare();
      SSL_shutdown(ssl_.get());
    }
    ::shutdown(fd_, SHUT_WR);
  }

 private:
  // Of a handshake that is no quick one, the next step. Once our part is said, what the peer has still to say costs little: unless it comes
  // with a certificate. Our part is not said before a second ClientHello (RFC 8446, 4.1.4), nor, in TLS 1.2, before the end.
  bool Slow() const {
    char last = 0;
    return SSL_get_finished(ssl_.get(), &last, 0) == 0 || SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
  }

  // After the handshake a peer may send messages of it without end (RFC 8446, 4.6.3), and one SSL_read deals with all that have come: who
  // sends too many is treated as if it had closed.
  static void OnMessage(int sent, int /*version*/, int type, const void* /*data*/, std::size_t /*size*/, SSL* ssl, void* stream) {
    if (sent != 0 || type != SSL3_RT_HANDSHAKE) return;
    Gcra& messages = static_cast<TlsStream*>(stream)->messages_;
    const Gcra::Time now = std::chrono::steady_clock::now();
    if (messages.WaitFor(now, kMessageEach, kMessageBurst).count() > 0) SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
    messages.Count(now, kMessageEach);
  }

  // For a call after the handshake.
  void Prepare() {
    PointBio(ssl_.get(), fd_);
    if (ERR_peek_error() != 0) ERR_clear_error();  // SSL_get_error looks at what others left in the thread's queue
  }

  IoStatus Judge(int result) {
    if (result == 1) return IoStatus::kDone;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return IoStatus::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return IoStatus::kWantWrite;
      case SSL_ERROR_WANT_CLIENT_HELLO_CB:
      case SSL_ERROR_WANT_X509_LOOKUP:
        return IoStatus::kSlow;
      case SSL_ERROR_ZERO_RETURN:  // close_notify
        return IoStatus::kGone;
      default:
        broken_ = true;
        return IoStatus::kGone;
    }
  }

  const SslHandle ssl_;
  const int fd_;
  Gcra messages_;
  bool computed_ = false;  // a step of the handshake was slow, or might have been
  bool broken_ = false;
  bool several_ = false;  // a recv brought more than one small record, and the socket was not seen empty since
};

}  // namespace

void LetHandshakesStop(SSL_CTX* context) {
  SSL_CTX_set_client_hello_cb(context, LookAtHello, nullptr);
  SSL_CTX_set_cert_cb(context, BeforeCertificate, nullptr);
}

std::unique_ptr<Stream> NewTlsStream(SslHandle ssl, int fd) {
  if (ssl == nullptr || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsStream>(std::move(ssl), fd);
}

}  // namespace mailwake::internal
