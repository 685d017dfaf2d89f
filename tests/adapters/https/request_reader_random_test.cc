// SPDX-License-Identifier: Apache-2.0
//
// Spoilt requests, whole and in pieces: nothing crashes, the limits hold, and the outcome does not depend on how the bytes arrive.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "adapters/fronts/https/request_reader.h"

namespace mailwake::internal {
namespace {

using Progress = RequestReader::Progress;
constexpr RequestLimits kLimits{.header_bytes = 300, .body_bytes = 100};

const std::array<std::string, 6> kSeeds = {
    "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "PUT /a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t Below(std::size_t bound) { return engine_() % bound; }

  std::string Spoil(std::string bytes) {
    static constexpr std::string_view kBytes = "\r\n\r\n :;,=0159afAF\t\0\xff GHx-";
    for (std::size_t i = Below(4); i > 0; --i) {
      const std::size_t at = Below(bytes.size());
      const char c = kBytes[Below(kBytes.size())];
      switch (Below(4)) {
        case 0:
          bytes[at] = c;
          break;
        case 1:
          bytes.insert(at, 1, c);
          break;
        case 2:
          bytes.erase(at, 1 + Below(3));
          break;
        default:
          bytes.insert(at, bytes.substr(Below(bytes.size()), Below(20)));
      }
      if (bytes.empty()) bytes = "x";
    }
    return bytes;
  }

 private:
  std::minstd_rand engine_;
};

struct Outcome {
  Progress progress = Progress::kMore;
  std::string body;
  std::size_t used = 0;
};

Outcome Feed(std::string_view bytes, Random* pieces) {
  RequestReader reader(kLimits);
  Outcome out;
  while (out.used < bytes.size()) {
    const std::size_t size = pieces == nullptr ? bytes.size() : 1 + pieces->Below(6);
    std::size_t used = 0;
    out.progress = reader.Read(bytes.substr(out.used, size), used);
    EXPECT_LE(used, size);
    EXPECT_LE(reader.buffered(), kLimits.header_bytes + kLimits.fields * RequestReader::kFieldBytes + kLimits.body_bytes + size);
    out.used += used;
    if (out.progress == Progress::kFailed) return out;
    if (out.progress == Progress::kDone) {
      out.body = reader.TakeRequest().body;
      return out;
    }
  }
  out.progress = Progress::kMore;
  return out;
}

TEST(RequestReaderRandomTest, TheOutcomeDoesNotDependOnHowTheBytesArrive) {
  for (unsigned seed = 1; seed <= 30'000; ++seed) {
    Random random(seed);
    const std::string bytes = random.Spoil(kSeeds[random.Below(kSeeds.size())]);
    const Outcome whole = Feed(bytes, nullptr);
    const Outcome pieces = Feed(bytes, &random);
    ASSERT_EQ(pieces.progress, whole.progress) << "seed " << seed << ":\n" << bytes;
    if (whole.progress != Progress::kDone) continue;
    ASSERT_EQ(pieces.body, whole.body) << "seed " << seed;
    ASSERT_EQ(pieces.used, whole.used) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mailwake::internal
