// SPDX-License-Identifier: Apache-2.0
//
// What follows a request that could be read in two ways is never served.
#include <gtest/gtest.h>

#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

struct Attempt {
  const char* what;
  std::string bytes;
  int status;
};

TEST(SmugglingTest, NothingAfterAnAmbiguousRequestIsServed) {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  const std::string hidden = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::vector<Attempt> attempts = {
      {"both lengths", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"two lengths", post + "Content-Length: 0\r\nContent-Length: 36\r\n\r\n" + hidden, 400},
      {"a list of lengths", post + "Content-Length: 0, 36\r\n\r\n" + hidden, 400},
      {"a folded length", post + "Content-Length:\r\n 0\r\n\r\n" + hidden, 400},
      {"a folded encoding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"a space before the colon", post + "Content-Length : 0\r\n\r\n" + hidden, 400},
      {"a bare line feed", post + "Content-Length: 0\nX: y\r\n\r\n" + hidden, 400},
      {"an unknown encoding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, 501},
      {"a chunk size of spaces", post + "Transfer-Encoding: chunked\r\n\r\n 0\r\n\r\n" + hidden, 400},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden, 505},
  };
  ServerFixture server({});
  for (const Attempt& attempt : attempts) {
    HttpsClient client = server.Connect();
    ASSERT_TRUE(client.Send(attempt.bytes));
    EXPECT_EQ(client.Receive().status, attempt.status) << attempt.what;
    EXPECT_TRUE(client.AtEnd()) << attempt.what;
  }
  EXPECT_EQ(server.served, 0);
  EXPECT_EQ(server.server->stats().bad_requests, attempts.size());
}

}  // namespace
}  // namespace mailwake
