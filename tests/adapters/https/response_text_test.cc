// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/response_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailwake::internal {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

HttpResponse Response(int status, HttpHeaders headers, std::string body) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

TEST(ResponseTextTest, WritesHeaderAndBodyInOnePiece) {
  EXPECT_EQ(ResponseText({.status = 200, .headers = {{"X-One", "1"}}, .body = "hello"}, {.date = "now"}),
            "HTTP/1.1 200 OK\r\nDate: now\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello");
}

TEST(ResponseTextTest, SaysWhatBecomesOfTheConnection) {
  EXPECT_THAT(ResponseText({}, {.keep_alive = false}), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(ResponseText({}, {.keep_alive = true, .http_1_0 = true}), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(ResponseText({}, {.keep_alive = true}), Not(HasSubstr("Connection")));
}

TEST(ResponseTextTest, LeavesTheBodyOutWhereThereIsNone) {
  EXPECT_THAT(ResponseText(Response(200, {}, "hello"), {.head = true}), EndsWith("Content-Length: 5\r\n\r\n"));
  EXPECT_THAT(ResponseText(Response(204, {}, "hello"), {}), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(ResponseText(Response(204, {}, "hello"), {}), EndsWith("\r\n\r\n"));
}

TEST(ResponseTextTest, NoHeaderCanEndItsLine) {
  const std::string text = ResponseText(Response(200, {{"X", "a\r\nSet-Cookie: b"}, {"Y\r\nZ", "c"}}, ""), {});
  EXPECT_THAT(text, HasSubstr("X: a  Set-Cookie: b\r\n"));
  EXPECT_THAT(text, HasSubstr("Y  Z: c\r\n"));
}

TEST(ResponseTextTest, NamesTheStatus) {
  EXPECT_THAT(ResponseText(Response(449, {}, ""), {}), StartsWith("HTTP/1.1 449 Retry With\r\n"));
  EXPECT_THAT(ResponseText(Response(503, {}, ""), {}), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST(ResponseTextTest, WritesDatesAsHttpDoes) {
  EXPECT_EQ(HttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace mailwake::internal
