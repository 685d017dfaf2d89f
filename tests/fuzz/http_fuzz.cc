// SPDX-License-Identifier: Apache-2.0
//
// The HTTP edge: whatever comes, in pieces of whatever sizes, ends in a request or an error and never in more than the limits; which
// request does not depend on the pieces (an error may be told later). The first byte chooses their sizes.

#include <algorithm>

#include "adapters/fronts/https/request_reader.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

using internal::RequestReader;
using Progress = RequestReader::Progress;
constexpr internal::RequestLimits kLimits{.header_bytes = 600, .body_bytes = 300};

struct Outcome {
  Progress progress = Progress::kMore;
  int status = 0;
  HttpRequest request;
  bool keep_alive = false;
  std::size_t used = 0;
};

Outcome Feed(std::string_view bytes, std::size_t piece) {
  RequestReader reader(kLimits);
  Outcome out;
  while (out.used < bytes.size()) {
    std::size_t used = 0;
    const std::string_view next = bytes.substr(out.used, piece);
    out.progress = reader.Read(next, used);
    FUZZ_CHECK(used <= next.size());
    // The header, the body, and of a chunk's header what has come.
    FUZZ_CHECK(reader.buffered() <=
               2 * kLimits.header_bytes + kLimits.fields * RequestReader::kFieldBytes + kLimits.body_bytes + next.size());
    out.used += used;
    if (out.progress == Progress::kFailed) {
      out.status = reader.error().status;
      FUZZ_CHECK(out.status >= 400 && out.status < 600 && !reader.error().text.empty());
      return out;
    }
    if (out.progress == Progress::kDone) {
      out.keep_alive = reader.keep_alive();
      out.request = reader.TakeRequest();
      return out;
    }
    FUZZ_CHECK(used == next.size());
  }
  return out;
}

void CheckRequest(const HttpRequest& request) {
  FUZZ_CHECK(!request.method.empty() && request.body.size() <= kLimits.body_bytes);
  for (const auto& [name, value] : request.headers) {
    FUZZ_CHECK(!name.empty() && value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
  // What two servers could read differently is refused.
  FUZZ_CHECK(Header(request, "Transfer-Encoding").empty() || Header(request, "Content-Length").empty());
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake::fuzz;  // NOLINT
  if (size < 2) return 0;
  const std::string_view bytes = Text(data + 1, size - 1);
  const Outcome whole = Feed(bytes, bytes.size());
  const Outcome pieces = Feed(bytes, 1 + data[0] % 16);
  FUZZ_CHECK((whole.progress == Progress::kDone) == (pieces.progress == Progress::kDone));
  if (whole.progress != Progress::kDone) return 0;
  FUZZ_CHECK(whole.used == pieces.used && whole.keep_alive == pieces.keep_alive && whole.request.body == pieces.request.body &&
             whole.request.headers == pieces.request.headers && whole.request.target == pieces.request.target);
  CheckRequest(whole.request);
  return 0;
}
