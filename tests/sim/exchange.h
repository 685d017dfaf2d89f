// SPDX-License-Identifier: Apache-2.0
//
// Exchange: one request and its answer over a network that delays, loses and cuts. An HttpExchange without sockets for the ActiveSync front
// end; the host's own front end answers it directly.
//
// Threads:    one thread.
// Invariants: (1) the device's side runs at most once, and never after the device has hung up;
//             (2) `written` runs once for the answer that counts, unless the server goes before.

#ifndef MAILWAKE_TESTS_SIM_EXCHANGE_H_
#define MAILWAKE_TESTS_SIM_EXCHANGE_H_

#include <absl/functional/any_invocable.h>

#include <memory>
#include <string>
#include <utility>

#include "mailwake/adapters/http.h"
#include "tests/sim/messages.h"
#include "tests/sim/model.h"

namespace mailwake::sim {

class Server;

// The way between a device and the server.
struct Link {
  std::int64_t latency_ms = 1;  // at most
  double loss = 0;
  std::int64_t cut_after_ms = 0;  // a firewall forgets connections that are idle for so long; 0: there is none
};

class Exchange final : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  using Deliver = absl::AnyInvocable<void(const sim::Answer&)>;

  // `note`: of the connection.
  Exchange(Server& server, int box, int sender, bool speaks_active_sync, const Link& way, std::shared_ptr<std::string> note, Request asked,
           Deliver deliver);

  // ---- HttpExchange
  using HttpExchange::Respond;
  void Respond(HttpResponse response, Written written) override;
  void OnGone(absl::AnyInvocable<void()> gone) override { on_gone_ = std::move(gone); }
  LoopId loop() const override { return loop_; }
  void Post(absl::AnyInvocable<void()> work) override;
  std::string& connection_note() override { return *note_; }

  // ---- The host's own front end
  void Answer(sim::Answer answer, Written written);

  // ---- The network
  // The server learns that the device went.
  void Leave();
  // The device hangs up: whatever comes later does not reach it. False: the answer has been read.
  void HangUp() { hung_up_ = true; }
  // The server goes. `reset`: the device learns of it.
  void Drop(bool reset);
  bool answered() const { return answered_; }
  bool open() const { return !answered_ && !gone_; }

  const int mailbox;
  const int device;
  const bool active_sync;
  const Request request;

  // What the server keeps of it.
  int ping = kNone;                            // the model's number
  std::vector<std::pair<int, Seq>> tickets{};  // by folder
  Seq list_low = 0;
  Seq list_high = 0;

 private:
  void Finish(const sim::Answer& answer, Written written);
  void Write(bool whole);

  Server& server_;
  const Link link_;
  Deliver deliver_;
  Written written_;
  absl::AnyInvocable<void()> on_gone_;
  std::shared_ptr<std::string> note_;
  LoopId loop_;
  Time arrived_;
  bool answered_ = false;
  bool gone_ = false;
  bool hung_up_ = false;
  bool dropped_ = false;
};
using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_EXCHANGE_H_
