// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace mailwake::internal {
namespace {

using Progress = RequestReader::Progress;

struct Outcome {
  Progress progress = Progress::kMore;
  int status = 0;
  std::size_t used = 0;  // of all
  int continues = 0;
  HttpRequest request;
  bool keep_alive = false;
};

// Feeds `bytes` in pieces of `piece` and looks what comes of it.
Outcome ReadPieces(std::string_view bytes, std::size_t piece, RequestLimits limits = {}) {
  RequestReader reader(limits);
  Outcome out;
  while (out.used < bytes.size()) {
    std::size_t used = 0;
    const std::string_view next = bytes.substr(out.used, piece);
    out.progress = reader.Read(next, used);
    out.used += used;
    EXPECT_LE(reader.buffered(), limits.header_bytes + limits.fields * RequestReader::kFieldBytes + limits.body_bytes + piece);
    if (out.progress == Progress::kContinue) ++out.continues;
    if (out.progress == Progress::kFailed) {
      out.status = reader.error().status;
      EXPECT_FALSE(reader.error().text.empty());
      return out;
    }
    if (out.progress == Progress::kDone) {
      out.keep_alive = reader.keep_alive();
      out.request = reader.TakeRequest();
      return out;
    }
    EXPECT_EQ(used, next.size());
  }
  return out;
}

// The same whatever the pieces.
Outcome Read(std::string_view bytes, RequestLimits limits = {}) {
  const Outcome whole = ReadPieces(bytes, bytes.size(), limits);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Outcome pieces = ReadPieces(bytes, piece, limits);
    EXPECT_EQ(pieces.progress, whole.progress) << bytes << " in pieces of " << piece;
    EXPECT_EQ(pieces.status, whole.status) << bytes << " in pieces of " << piece;
    EXPECT_EQ(pieces.request.body, whole.request.body);
    EXPECT_EQ(pieces.request.headers, whole.request.headers);
    if (whole.progress == Progress::kDone) {
      EXPECT_EQ(pieces.used, whole.used);
    }
  }
  return whole;
}

int Refused(const std::string& bytes) {
  const Outcome out = Read(bytes);
  return out.progress == Progress::kFailed ? out.status : 0;
}

const std::string kHost = "Host: x\r\n";

TEST(RequestReaderTest, ReadsARequestWithItsBodyAndLeavesWhatFollows) {
  const Outcome out = Read("POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhelloGET /next");
  ASSERT_EQ(out.progress, Progress::kDone);
  EXPECT_EQ(out.request.method, "POST");
  EXPECT_EQ(out.request.target, "/a?b=c");
  EXPECT_EQ(out.request.body, "hello");
  EXPECT_THAT(out.request.headers, testing::Contains(testing::Pair("X-One", "1")));
  EXPECT_EQ(out.used, std::string_view("POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello").size());
}

TEST(RequestReaderTest, ReadsAChunkedBodyAndIgnoresItsTrailers) {
  const Outcome out = Read(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n7\r\n, world\r\n0\r\nAuthorization: Basic YTpi\r\n\r\nrest");
  ASSERT_EQ(out.progress, Progress::kDone);
  EXPECT_EQ(out.request.body, "hello, world");
  EXPECT_THAT(out.request.headers, testing::Not(testing::Contains(testing::Key("Authorization"))));
}

TEST(RequestReaderTest, KeepsTheConnectionAsTheVersionSays) {
  EXPECT_TRUE(Read("GET / HTTP/1.1\r\n" + kHost + "\r\n").keep_alive);
  EXPECT_FALSE(Read("GET / HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n").keep_alive);
  EXPECT_FALSE(Read("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(Read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(RequestReaderTest, SkipsEmptyLinesBeforeARequest) {
  EXPECT_EQ(Read("\r\n\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n").request.target, "/");
}

TEST(RequestReaderTest, TellsOnceThatThePeerWaitsForContinue) {
  const std::string header = "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  const Outcome waits = ReadPieces(header, header.size());
  EXPECT_EQ(waits.progress, Progress::kContinue);
  EXPECT_EQ(ReadPieces(header + "ab", header.size()).continues, 1);
  EXPECT_EQ(ReadPieces(header + "ab", header.size() + 2).continues, 0) << "the body came without waiting";
  EXPECT_EQ(Refused("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\nExpect: miracles\r\n\r\n"), 417);
}

TEST(RequestReaderTest, RefusesWhatTwoServersCouldReadInTwoWays) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(Refused(post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: 5, 5\r\n\r\nhello"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: +5\r\n\r\nhello"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: 0x5\r\n\r\nhello"), 400);
  EXPECT_EQ(Refused(post + "Content-Length: 99999999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "Content-Length:\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(Refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(RequestReaderTest, RefusesTransferEncodingsThatItDoesNotKnow) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  for (const char* encoding : {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunked;q=1"})
    EXPECT_EQ(Refused(post + "Transfer-Encoding: " + encoding + "\r\n\r\n"), 501) << encoding;
}

TEST(RequestReaderTest, RefusesFoldedLinesAndOtherLineEndings) {
  const std::string get = "GET / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(Refused(get + "X-Folded: a\r\n b\r\n\r\n"), 400);
  EXPECT_EQ(Refused(get + "X-Folded: a\r\n\tb\r\n\r\n"), 400);
  EXPECT_EQ(Refused(get + "X: a\rb\r\n\r\n"), 400);
  EXPECT_EQ(Refused(get + "X: a\n\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\nHost: x\n\n"), 400);
  EXPECT_EQ(Refused(get + std::string("X: a\0b\r\n\r\n", 10)), 400);
}

TEST(RequestReaderTest, RefusesMalformedHeaders) {
  EXPECT_EQ(Refused("\x16\x03\x01\x02\r\n\r\n"), 400) << "TLS on a plain port";
  EXPECT_EQ(Refused("GET\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / \r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET  / HTTP/1.1\r\n" + kHost + "\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\n" + kHost + "No Colon\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\n" + kHost + "Space : 1\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\n" + kHost + ": empty\r\n\r\n"), 400);
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(Refused("GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n"), 400) << "two Hosts";
}

TEST(RequestReaderTest, RefusesOtherVersionsAndThePrefaceOfHttp2) {
  EXPECT_EQ(Refused("GET / HTTP/1.2\r\n" + kHost + "\r\n"), 505);
  EXPECT_EQ(Refused("GET / HTTP/0.9\r\n\r\n"), 505);
  EXPECT_EQ(Refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

TEST(RequestReaderTest, RefusesMalformedChunks) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Refused(post + "zz\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "-1\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "5\r\nhelloXX0\r\n\r\n"), 400);
  EXPECT_EQ(Refused(post + "fffffffffffffffff\r\n"), 400);
  EXPECT_EQ(Refused(post + "0\r\nContent-Length: 3\r\n\r\nabc"), 400);
}

TEST(RequestReaderTest, HoldsNoMoreThanTheLimits) {
  const RequestLimits limits{.header_bytes = 200, .body_bytes = 10};
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  EXPECT_EQ(Read(post + "X: " + std::string(200, 'x') + "\r\n\r\n", limits).status, 431);
  EXPECT_EQ(Read(std::string(300, 'x'), limits).status, 431);
  EXPECT_EQ(Read(post + "Content-Length: 11\r\n\r\n", limits).status, 413);
  EXPECT_EQ(Read(post + "Content-Length: 10\r\n\r\n0123456789", limits).progress, Progress::kDone);
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Read(chunked + "6\r\n012345\r\n5\r\n01234\r\n0\r\n\r\n", limits).status, 413);
  EXPECT_EQ(Read(chunked + "5\r\n01234\r\n5\r\n01234\r\n0\r\n\r\n", limits).progress, Progress::kDone);
  EXPECT_EQ(ReadPieces(chunked + "1;" + std::string(400, 'e'), 50, limits).status, 400) << "an endless extension";
}

// A last chunk with its trailer, or the header of a chunk with its extension: with the line end of the chunk before it.
TEST(RequestReaderTest, ATrailerOrAnExtensionOfExactlyTheLimitPassesHoweverItComes) {
  const RequestLimits limits{.header_bytes = 200, .body_bytes = 500};
  const std::string post = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string& before : {std::string(), std::string("5\r\nhello\r\n"), "12c\r\n" + std::string(300, 'x') + "\r\n"}) {
    const auto trailer = [&](std::size_t size) { return before + "0\r\nX: " + std::string(size - 10, 'x') + "\r\n\r\n"; };
    const std::size_t most = before.empty() ? 200 : 198;
    EXPECT_EQ(Read(post + trailer(most), limits).progress, Progress::kDone);
    EXPECT_EQ(Read(post + trailer(most + 1), limits).status, 400);
    EXPECT_EQ(Read(post + trailer(1000), limits).status, 400);
    EXPECT_EQ(Read(post + before + "1;" + std::string(1000, 'e') + "\r\nx\r\n0\r\n\r\n", limits).status, 400);
  }
}

TEST(RequestReaderTest, AHeaderOfExactlyTheLimitPasses) {
  const std::string start = "GET / HTTP/1.1\r\n" + kHost + "X: ";
  const std::string header = start + std::string(200 - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(header.size(), 200u);
  EXPECT_EQ(Read(header, {.header_bytes = 200}).progress, Progress::kDone);
  EXPECT_EQ(Read(header, {.header_bytes = 199}).status, 431);
}

}  // namespace
}  // namespace mailwake::internal
