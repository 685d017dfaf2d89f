// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>

#include "adapters/fronts/https/listen_socket.h"
#include "tests/adapters/https/server_fixture.h"

namespace mailwake {
namespace {

using testing::HasSubstr;

absl::StatusOr<std::unique_ptr<HttpsServer>> CreateOn(const std::string& address, boost::asio::io_context& io) {
  return HttpsServer::Create({.listen = address}, {{&io, 0}});
}

TEST(ListenTest, SaysWhichPortItGot) {
  boost::asio::io_context io;
  auto server = CreateOn("localhost:0", io);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->address(), testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*|\\[::1\\]:[1-9][0-9]*"));
}

TEST(ListenTest, AnAddressInUseIsRefused) {
  boost::asio::io_context io;
  auto first = CreateOn("127.0.0.1:0", io);
  ASSERT_TRUE(first.ok());
  const absl::Status second = CreateOn((*first)->address(), io).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.message()), HasSubstr((*first)->address()));
}

TEST(ListenTest, AMalformedAddressIsExplained) {
  boost::asio::io_context io;
  for (const std::string address : {"", "8443", "localhost", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:8443", ":8443", "[::1]",
                                    "127.0.0.1:-1", "no such host:1"}) {
    const absl::Status status = CreateOn(address, io).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(std::string(status.message()), HasSubstr("HOST:PORT")) << address;
  }
  EXPECT_THAT(std::string(CreateOn("192.0.2.7:0", io).status().message()), HasSubstr("does not have that address"));
}

TEST(ListenTest, AServerNeedsALoop) {
  EXPECT_EQ(HttpsServer::Create({}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(HttpsServer::Create({}, {{nullptr, 0}}).status().code(), absl::StatusCode::kInvalidArgument);
  boost::asio::io_context io;
  EXPECT_TRUE(absl::IsInvalidArgument(HttpsServer::Create({.max_unknown_requests_per_second = 1'001}, {{&io, 0}}).status()));
}

int Option(int socket, int level, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  ::getsockopt(socket, level, option, &value, &size);
  return value;
}

TEST(ListenTest, AcceptedConnectionsSendAtOnceAndFindDeadPeers) {
  auto socket = internal::Listen("127.0.0.1:0");
  ASSERT_TRUE(socket.ok());
  HttpsClient client(internal::LocalAddress(socket->get()), {});
  pollfd wait{.fd = socket->get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&wait, 1, 20'000), 1);
  const internal::FileDescriptor accepted(::accept(socket->get(), nullptr, nullptr));
  EXPECT_NE(Option(accepted.get(), IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_NE(Option(accepted.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(Option(accepted.get(), IPPROTO_TCP, TCP_KEEPIDLE), 900);
  EXPECT_EQ(Option(accepted.get(), IPPROTO_TCP, TCP_KEEPINTVL), 30);
  EXPECT_EQ(Option(accepted.get(), IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(Option(accepted.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 0) << "the kernel would not count the probes";
}

TEST(ListenTest, AServerIgnoresBrokenPipesUnlessSomebodyHandlesThem) {
  boost::asio::io_context io;
  const auto disposition = [] {
    struct sigaction now {};
    ::sigaction(SIGPIPE, nullptr, &now);
    return now.sa_handler;
  };
  const auto own = [](int) {};
  std::signal(SIGPIPE, own);
  ASSERT_TRUE(CreateOn("127.0.0.1:0", io).ok());
  EXPECT_EQ(disposition(), +own);
  std::signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(CreateOn("127.0.0.1:0", io).ok());
  EXPECT_EQ(disposition(), SIG_IGN);
}

}  // namespace
}  // namespace mailwake
