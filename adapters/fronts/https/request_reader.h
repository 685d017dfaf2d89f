// SPDX-License-Identifier: Apache-2.0
//
// RequestReader: one HTTP/1.x request out of bytes as they come, by Beast's parser, with the rules that the parser leaves to us.
//
// Threads:    one loop's. Sockets are somebody else's.
// Cost:       memory only while a request is being read: buffered() says how much.
// Invariants: (1) a request whose end two servers could see in different places is refused, never guessed at;
//             (2) what is held never exceeds the limits, and that of a header once more for the header of a chunk;
//             (3) bytes after a request's end are not touched.
// Example:    RequestReader reader(limits); std::size_t used; while (reader.Read(Bytes(), used) == Progress::kMore) {}
//             if (reader.progress() == Progress::kDone) Serve(reader.TakeRequest());  ...  reader.Restart();  // for the next one

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_REQUEST_READER_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_REQUEST_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mailwake/adapters/http.h"

namespace mailwake::internal {

struct RequestLimits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t fields = 100;  // of the header
  std::size_t body_bytes = 8 * 1024 * 1024;
};

struct HttpError {
  int status = 400;
  std::string_view text;  // one line for a person, static
};

class RequestReader {
 public:
  enum class Progress : std::uint8_t {
    kMore,
    kContinue,  // as kMore, and the peer waits for "100 Continue" before it sends the body; told once
    kDone,
    kFailed,  // see error(); nothing after it can be understood
  };

  explicit RequestReader(const RequestLimits& limits);
  ~RequestReader();

  // As new, but for small memory that it keeps.
  void Restart();

  // Takes the next bytes; `used` is less than their number only for kDone and kFailed. REQUIRES: neither was returned before.
  Progress Read(std::string_view bytes, std::size_t& used);

  // Has anything of the request come yet?
  bool started() const { return !partial_.empty() || parsing_; }
  // What a field takes besides its bytes.
  static constexpr std::size_t kFieldBytes = 64;
  // Bytes held by the request so far.
  std::size_t buffered() const;
  const HttpError& error() const { return error_; }

  // REQUIRES: kDone. The peer is left to the caller.
  HttpRequest TakeRequest();
  bool keep_alive() const;
  bool http_1_0() const;

 private:
  class Parser;

  Progress ReadHeader(std::string_view bytes, std::size_t& used);
  Progress ParseHeader(std::string_view header);
  Progress ReadBody(std::string_view bytes, std::size_t& used);
  Progress Fail(int status, std::string_view text);

  const RequestLimits limits_;
  std::string partial_;   // of a header that came in pieces; then the beginning of a chunk's header
  bool parsing_ = false;  // the header was whole, and parser_ has it
  bool in_body_ = false;
  HttpError error_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_REQUEST_READER_H_
