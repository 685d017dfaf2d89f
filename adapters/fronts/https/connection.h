// SPDX-License-Identifier: Apache-2.0
//
// Connection: one peer, one request at a time.
//
// Threads:    its loop's; what is slow in the handshake is computed on one of the pool's threads, which has stream and socket for itself
//             while `turn_` is kPool, and touches nothing else.
// Cost:       while a request waits: this object and the stream's state; no buffer, no handler in the event loop.
// Invariants: (1) one request is answered before the next is read: what comes early stays with the kernel, at most one read's worth here;
//             (2) an answer's `written` runs once, from the event loop, before the connection's next request is served;
//             (3) it keeps itself alive until Close.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_CONNECTION_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_CONNECTION_H_

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/fronts/https/connection_lists.h"
#include "adapters/fronts/https/exchange.h"
#include "adapters/fronts/https/loop.h"
#include "adapters/fronts/https/request_reader.h"
#include "adapters/fronts/https/stream.h"
#include "mailwake/adapters/gcra.h"

namespace mailwake::internal {

class Connection final : public std::enable_shared_from_this<Connection>, public Listed, public Poller::Watched {
 public:
  using Written = HttpExchange::Written;

  Connection(std::shared_ptr<Loop> loop, FileDescriptor socket, const PeerAddress& peer);
  ~Connection();

  void Start();
  // The answer to the request that waits; `written(false)` if none does any more.
  void Answer(const HttpResponse& response, Written written);
  void OnGone(absl::AnyInvocable<void()> gone);
  // At once. Gone::kTell: the request that waits hears of it.
  void Close(Loop::Gone gone);

  void Ready(std::uint32_t events) override;
  void Expire();
  // Is the peer of a held connection still there?
  void CheckHeld();

  bool BelongsTo(std::string_view user);
  // Whether a handler has said to whom it belongs, or need not.
  bool known() const { return known_; }

  Loop& loop() { return *loop_; }
  std::string& note() { return note_; }

 private:
  enum class After : std::uint8_t { kNextRequest, kBody, kClose, kLinger };
  // Whose the stream and the socket are. Closed in the pool's turn they end with it, else at once.
  enum class Turn : std::uint8_t { kLoop, kQueued, kPool, kClosed };

  // An answer under way.
  struct Outgoing {
    std::string bytes;
    std::size_t sent = 0;
    After after = After::kNextRequest;
    Written written;  // empty: nobody asks
    ConnectionLists::Clock::time_point until{};
    bool done = false;
  };

  void Run();
  bool Step();  // true: again
  bool StepProxy();
  bool StepHandshake();
  void Compute();
  IoStatus Shake(Pace pace);
  void Computed(IoStatus status);
  bool TakeHandshake(IoStatus status);
  bool StepRead();
  bool StepWait();
  bool StepWrite();
  bool StepLinger();

  bool Consume(std::string_view bytes);
  bool Serve(std::string_view rest);
  void CountUnknown();
  bool AsksTooOften() const;
  bool Pause();
  void Refuse(int status, std::string_view text);
  void Send(std::string bytes, After after, Written written);
  void AfterWrite();
  void DropReader();
  void Uncount();
  std::unique_ptr<std::string> TakeHeld();
  void SetIdle() { SetState(known_ ? ConnectionState::kIdle : ConnectionState::kStranger); }
  bool WaitFor(IoStatus want);  // false
  void SetState(ConnectionState next) { loop_->Place(*this, next); }

  const std::shared_ptr<Loop> loop_;
  std::shared_ptr<Connection> self_;  // until Close
  FileDescriptor socket_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<RequestReader> reader_;  // while a request is being read
  std::size_t counted_ = 0;                // of its bytes, at the loop
  std::unique_ptr<Outgoing> out_;
  std::unique_ptr<std::string> held_;  // came with the request before
  std::string note_;
  std::weak_ptr<Exchange> exchange_;  // of the request that waits
  absl::AnyInvocable<void()> gone_;
  PeerAddress peer_;  // as the proxy says, if there is one that says it first

  std::uint64_t user_ = 0;       // hash of whose it is, in ServerState::users; 0: nobody's yet
  Gcra unknown_;                 // requests in a row for which nobody was known
  bool proxy_header_ = false;    // is to come first
  bool address_counted_ = true;  // in ServerState::addresses
  bool known_ = false;           // a handler has said whose it is, or need not
  bool readable_ = false;        // there may be something to read
  bool hung_up_ = false;         // the peer has said that it sends no more, or is gone
  bool computing_ = false;       // the pool has been asked, and has not answered
  bool computed_ = false;        // it has answered before
  bool look_again_ = false;      // the socket was ready while it computed
  std::atomic<Turn> turn_ = Turn::kLoop;
  bool running_ = false;
  // Of the request that waits.
  bool keep_alive_ = false;
  bool early_ = false;  // the next one is there already
  bool http_1_0_ = false;
  bool head_ = false;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_CONNECTION_H_
