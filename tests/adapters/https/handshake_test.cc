// SPDX-License-Identifier: Apache-2.0
//
// Handshakes are computed on threads of their own: nobody waits for another's, and one that is under way may end in any way.

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/fronts/https/listen_socket.h"
#include "adapters/fronts/https/listener.h"
#include "adapters/fronts/https/loop.h"
#include "adapters/fronts/https/ticket_keys.h"
#include "adapters/fronts/https/tls_context.h"
#include "tests/adapters/https/client_tls.h"
#include "tests/adapters/https/server_fixture.h"

namespace mailwake::internal {
namespace {

using SessionHandle = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

// Counts the SSL objects that are made in this process while it lives.
class NewTlsStates {
 public:
  NewTlsStates() : index_(SSL_get_ex_new_index(0, &made_, &Count, nullptr, nullptr)) {}
  ~NewTlsStates() { CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, index_); }
  NewTlsStates(const NewTlsStates&) = delete;
  NewTlsStates& operator=(const NewTlsStates&) = delete;

  int made() const { return made_; }

 private:
  static void Count(void* /*ssl*/, void* /*data*/, CRYPTO_EX_DATA* /*all*/, int /*index*/, long /*number*/, void* made) {
    ++*static_cast<std::atomic<int>*>(made);
  }

  std::atomic<int> made_{0};
  const int index_;
};

// The parts of a server, to hold its pool still.
class HandshakeTest : public testing::Test {
 protected:
  explicit HandshakeTest(std::chrono::seconds timeout = std::chrono::seconds(1000)) {
    const HttpsOptions options{.cert_file = SharedCertificate().cert, .key_file = SharedCertificate().key, .handshake_timeout = timeout};
    state_ =
        std::make_shared<ServerState>(options, Networks{}, TlsContext::Create(options, *TicketKeys::Open("", std::time(nullptr))).value());
    state_->router.Add("/echo", [](const HttpRequest&, const std::shared_ptr<HttpExchange>& exchange) { exchange->Respond(Body("here")); });
    state_->pool.Start(1);
    loop_ = std::make_shared<Loop>(HttpsLoop{&io_, 0}, state_, 1 << 20);
    FileDescriptor socket = Listen("127.0.0.1:0").value();
    address_ = LocalAddress(socket.get());
    listener_ = std::make_shared<Listener>(std::move(socket), std::vector{loop_}, state_);
    listener_->Start();
  }

  ~HandshakeTest() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
    listener_->Stop();
    if (held_) GoOn();
    state_->pool.Stop();
    loop_->CloseAll(Loop::Gone::kDrop);
    loop_->Detach();
    state_->router.Clear();
  }

  void StartLoop() {
    thread_ = std::thread([this] { io_.run(); });
  }
  void Hold() {
    held_ = true;
    state_->pool.Run([this] { released_.wait(); });
  }
  void GoOn() {
    held_ = false;
    released_.count_down();
  }
  // On the loop.
  void Do(const std::function<void()>& work) {
    std::latch done(1);
    loop_->PostOrRun([&] {
      work();
      done.count_down();
    });
    done.wait();
  }
  HttpsClient Connect(bool tls) const { return HttpsClient(address_, {.tls = tls}); }
  // It waits for its turn.
  HttpsClient SayHello() {
    const std::uint64_t before = state_->connections.get();
    HttpsClient client = Connect(false);
    EXPECT_TRUE(client.Send(Hello()));
    EXPECT_TRUE(Eventually([&] { return state_->connections.get() > before; }));
    return client;
  }
  // One that has its handshake behind it, and is served: the loop has dealt with all that came before.
  HttpsClient ConnectAndAsk() {
    HttpsClient client = Connect(true);
    Ask(client);
    return client;
  }
  // Of a connection that was served.
  SessionHandle SessionOf(int version) const {
    HttpsClient client(address_, {.tls = true, .tls_version = version});
    Ask(client);
    SessionHandle session(SSL_get1_session(client.ssl()), SSL_SESSION_free);
    client.CloseNotify();  // or OpenSSL would not use the session again
    return session;
  }
  static void Ask(HttpsClient& client) {
    EXPECT_TRUE(client.Send(Get("/echo")));
    EXPECT_EQ(client.Receive().body, "here");
  }

  boost::asio::io_context io_{1};
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::shared_ptr<ServerState> state_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Listener> listener_;
  std::string address_;
  std::thread thread_;
  std::latch released_{1};
  bool held_ = false;
};

TEST_F(HandshakeTest, WhileOneIsComputedOthersAreServed) {
  StartLoop();
  HttpsClient before = ConnectAndAsk();
  Hold();
  HttpsClient late = SayHello();
  Ask(before);
  EXPECT_FALSE(late.HasInput()) << "its handshake waits for the thread that is held";
  GoOn();
  EXPECT_NE(late.ReadSome(), "") << "then it goes on";
}

TEST_F(HandshakeTest, WhoeverHasSentNothingCostsNoTlsState) {
  StartLoop();
  const std::string hello = Hello();
  const NewTlsStates states;
  std::vector<HttpsClient> silent;
  for (int i = 0; i < 10; ++i) silent.push_back(Connect(false));
  // Loop and pool come to this one after those before it.
  HttpsClient whole = ConnectAndAsk();
  EXPECT_EQ(state_->connections.get(), 11u);
  EXPECT_EQ(states.made(), 2) << "its own, and the server's for it";
  for (HttpsClient& client : silent) {
    EXPECT_TRUE(client.Send(hello));
    EXPECT_NE(client.ReadSome(), "");
  }
  EXPECT_EQ(states.made(), 12);
}

// What is left for the loop is the peer's last word in TLS 1.3; in 1.2 the keys are agreed on in the second message.
TEST_F(HandshakeTest, TheLoopDoesTheCheapEndAndNothingElse) {
  StartLoop();
  HttpsClient before = ConnectAndAsk();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::uint64_t handshakes = state_->handshakes.get();
    HttpsClient wire = Connect(false);
    ClientTls client(version);
    ASSERT_TRUE(wire.Send(client.Step("")));
    std::string out;
    for (int read = 0; read < 10 && out.empty(); ++read) out = client.Step(wire.ReadSome());
    std::latch held(1);
    const auto go_on = std::make_shared<std::latch>(1);  // the thread may still look at it when the next one is made
    state_->pool.Run([&held, go_on] {
      held.count_down();
      go_on->wait();
    });
    held.wait();
    ASSERT_TRUE(wire.Send(out));
    if (version == TLS1_3_VERSION) {
      EXPECT_TRUE(Eventually([&] { return state_->handshakes.get() == handshakes + 1; }));
    } else {
      Ask(before);
      EXPECT_EQ(state_->handshakes.get(), handshakes);
    }
    go_on->count_down();
    EXPECT_TRUE(Eventually([&] { return state_->handshakes.get() == handshakes + 1; }));
  }
}

// In TLS 1.2 no key is agreed on then.
TEST_F(HandshakeTest, ASessionOfTls12IsResumedOnTheLoop) {
  StartLoop();
  const SessionHandle session = SessionOf(TLS1_2_VERSION);
  Hold();
  HttpsClient back(address_, {.tls = true, .tls_version = TLS1_2_VERSION, .session = session.get()});
  Ask(back);
  EXPECT_EQ(state_->resumed.get(), 1u);
  GoOn();
}

TEST_F(HandshakeTest, ASessionOfTls13AndOneThatIsNotKnownAreNot) {
  StartLoop();
  HttpsClient before = ConnectAndAsk();
  const SessionHandle of_tls_1_3 = SessionOf(TLS1_3_VERSION);
  const SessionHandle unknown = SessionOf(TLS1_2_VERSION);
  state_->SetTls(TlsContext::Create(state_->options, *TicketKeys::Open("", std::time(nullptr))).value());  // with other keys
  const SessionHandle known = SessionOf(TLS1_3_VERSION);
  Hold();
  std::vector<HttpsClient> wires;
  for (SSL_SESSION* session : {of_tls_1_3.get(), known.get(), unknown.get()}) {
    ClientTls client(SSL_SESSION_get_protocol_version(session), session);
    wires.push_back(Connect(false));
    ASSERT_TRUE(wires.back().Send(client.Step("")));
  }
  EXPECT_TRUE(Eventually([&] { return state_->pool.waiting() == 3; }));
  Ask(before);
  for (HttpsClient& wire : wires) EXPECT_FALSE(wire.HasInput());
  GoOn();
  for (HttpsClient& wire : wires) EXPECT_NE(wire.ReadSome(), "");
}

// A hello that is looked at takes memory until its turn.
TEST_F(HandshakeTest, WhenManyWaitNobodyIsLookedAt) {
  StartLoop();
  const SessionHandle session = SessionOf(TLS1_2_VERSION);
  HttpsClient before = ConnectAndAsk();
  Hold();
  std::vector<HttpsClient> waiting;
  for (int i = 0; i < 16; ++i) waiting.push_back(SayHello());
  ASSERT_TRUE(Eventually([&] { return state_->pool.waiting() == 16; }));
  ClientTls client(TLS1_2_VERSION, session.get());
  HttpsClient back = Connect(false);
  ASSERT_TRUE(back.Send(client.Step("")));
  ASSERT_TRUE(Eventually([&] { return state_->pool.waiting() == 17; }));
  Ask(before);
  EXPECT_FALSE(back.HasInput());
  GoOn();
  EXPECT_NE(client.Step(back.ReadSome()), "");
}

class BriefHandshakeTest : public HandshakeTest {
 protected:
  static constexpr std::chrono::seconds kTimeout{8};
  BriefHandshakeTest() : HandshakeTest(kTimeout) {}
};

TEST_F(BriefHandshakeTest, WhoeverHasWaitedLongHasTimeForAnAnswer) {
  StartLoop();
  Hold();
  ClientTls client(TLS1_2_VERSION);
  const auto start = std::chrono::steady_clock::now();
  const auto pass = [&](std::chrono::milliseconds time) {
    return Eventually([&] { return std::chrono::steady_clock::now() - start > time; });
  };
  HttpsClient wire = Connect(false);
  ASSERT_TRUE(wire.Send(client.Step("")));
  ASSERT_TRUE(pass(kTimeout - std::chrono::milliseconds(2000)));
  GoOn();
  std::string out;
  for (int read = 0; read < 10 && out.empty(); ++read) out = client.Step(wire.ReadSome());
  ASSERT_TRUE(pass(kTimeout + std::chrono::milliseconds(1500)));  // deadlines are up to a second late
  ASSERT_TRUE(wire.Send(out));
  EXPECT_TRUE(Eventually([&] { return state_->handshakes.get() == 1; }));
}

TEST_F(HandshakeTest, NothingIsComputedForWhoeverHasHungUp) {
  Hold();
  HttpsClient gone = Connect(false);
  ASSERT_TRUE(gone.Send(Hello()));
  gone.HalfClose();
  StartLoop();
  EXPECT_TRUE(Eventually([&] { return state_->connections.get() == 0 && state_->handshake_failures.get() == 1; }));
}

TEST_F(HandshakeTest, NorForWhoeverHangsUpBeforeItsTurn) {
  StartLoop();
  Hold();
  HttpsClient reset = SayHello();
  HttpsClient half = SayHello();
  reset.Reset();
  half.HalfClose();
  EXPECT_TRUE(Eventually([&] { return state_->connections.get() == 0 && state_->handshake_failures.get() == 2; }));
  GoOn();
  EXPECT_EQ(half.ReadSome(), "");
}

TEST_F(HandshakeTest, OneThatIsClosedBeforeItsTurnIsClosedAtOnce) {
  StartLoop();
  Hold();
  HttpsClient late = SayHello();
  HttpsClient silent = Connect(false);  // the first one's hello has been seen when this one is there
  ASSERT_TRUE(Eventually([&] { return state_->connections.get() == 2; }));
  Do([this] { loop_->Drain(); });
  EXPECT_EQ(state_->connections.get(), 0u);
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_EQ(late.ReadSome(), "") << "closed, and nothing computed for it";
  GoOn();
  EXPECT_EQ(state_->handshakes.get(), 0u);
}

TEST(HandshakePoolTest, AStoppedPoolForgetsWhatHadNotBegun) {
  HandshakePool pool;
  pool.Start(1);
  pool.Start(1);
  ASSERT_TRUE(pool.started());
  std::latch begun(1);
  std::latch stopping(1);
  const auto kept_alive = std::make_shared<int>(0);
  pool.Run([&] {
    begun.count_down();
    stopping.wait();
  });
  begun.wait();
  for (int i = 0; i < 1'000; ++i) pool.Run([kept_alive] { ++*kept_alive; });
  stopping.count_down();
  pool.Stop();
  EXPECT_FALSE(pool.started());
  EXPECT_EQ(kept_alive.use_count(), 1);
  pool.Stop();
}

}  // namespace
}  // namespace mailwake::internal
