// SPDX-License-Identifier: Apache-2.0
//
// Stream: bytes to and from a peer over a non-blocking socket, encrypted or not. The seam at which TLS can be done otherwise.
//
// Threads:    one loop's, but for a slow Handshake.
// Cost:       no buffer of its own: a stream with nothing under way keeps its socket and its protocol state.
// Invariants: (1) never blocks and never waits: the caller waits for the socket as the result says, and calls again;
//             (2) a Write that did not take everything is repeated with what is left, from any address;
//             (3) Read takes at most what it is given room for; what it leaves behind, in the stream or in the kernel, is `more`.
// Example:    IoResult got = stream->Read(buffer, kReadSize); if (got.status == IoStatus::kWantRead) WaitForRead();

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_STREAM_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mailwake::internal {

// The payload of the largest TLS record.
inline constexpr std::size_t kReadSize = 16 * 1024;

enum class IoStatus : std::uint8_t {
  kDone,
  kWantRead,   // again once the socket is readable
  kWantWrite,  // again once it is writable
  kSlow,       // of a Handshake with Pace::kQuick: what comes now takes as long as ten wakes; again with Pace::kAny
  kGone,       // the peer closed, or the connection is broken
};

enum class Pace : std::uint8_t { kQuick, kAny };

struct IoResult {
  IoStatus status = IoStatus::kGone;
  std::size_t bytes = 0;  // kDone only
  bool more = false;      // of a Read that is kDone: false if nothing was left when it ended, else unknown
};

class Stream {
 public:
  virtual ~Stream() = default;

  // What is slow may be called on another thread, if nothing else is meanwhile.
  virtual IoStatus Handshake(Pace pace) = 0;
  virtual IoResult Read(char* data, std::size_t size) = 0;
  virtual IoResult Write(const char* data, std::size_t size) = 0;
  // Is the peer there? kDone: it sent something, which stays unread. kWantRead: there, and silent.
  virtual IoStatus Peek() = 0;
  // Tells the peer that no more is sent. Does not wait, does not close the socket.
  virtual void Finish() = 0;
  // After the handshake: it was a short one, of a session that had been before.
  virtual bool resumed() const { return false; }
};

// `fd` stays the caller's and must outlive the stream.
std::unique_ptr<Stream> NewPlainStream(int fd);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_STREAM_H_
