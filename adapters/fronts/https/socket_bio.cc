// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace mailwake::internal {
namespace {

thread_local int current = -1;  // the socket that is pointed at

bool ComesLater(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EINTR); }

int Read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(current, data, static_cast<std::size_t>(size), 0);
  if (ComesLater(got)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

int Write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(current, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (ComesLater(sent)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long Control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket of the moment");
    if (made == nullptr) return made;
    BIO_meth_set_read(made, Read);
    BIO_meth_set_write(made, Write);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

BioHandle NewBio() {
  BioHandle bio(Method() == nullptr ? nullptr : BIO_new(Method()));
  if (bio != nullptr) BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace

void PointBio(SSL* ssl, int fd) {
  current = fd;
  thread_local const BioHandle bio = NewBio();
  if (bio == nullptr || SSL_get_rbio(ssl) == bio.get() || BIO_up_ref(bio.get()) != 1) return;
  SSL_set_bio(ssl, bio.get(), bio.get());
}

}  // namespace mailwake::internal
