// SPDX-License-Identifier: Apache-2.0
//
// Call: one authenticated request on its way to its answer. Asker: the part of it that a PING keeps. Context: what all calls share.
//
// Threads:    a call belongs to its exchange's loop; whatever answers elsewhere comes back with OnLoop.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_CALL_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_CALL_H_

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "adapters/fronts/activesync/device_queue.h"
#include "adapters/fronts/activesync/query.h"
#include "adapters/fronts/activesync/rate_limit.h"
#include "mailwake/adapters/activesync.h"
#include "mailwake/adapters/backoff_table.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::eas {

struct Context {
  Context(Engine& the_engine, Authenticator& the_authenticator, FrontState& the_state, SyncProvider* the_provider,
          const ActiveSyncOptions& the_options)
      : engine(the_engine),
        authenticator(the_authenticator),
        state(the_state),
        provider(the_provider),
        options(the_options),
        queue(the_options.max_waiting_requests),
        of_user(the_options.requests_per_user_minute),
        of_address(the_options.requests_per_address_minute) {}

  Engine& engine;
  Authenticator& authenticator;
  FrontState& state;
  SyncProvider* provider;  // may be null
  const ActiveSyncOptions options;
  DeviceQueue queue;
  RateLimit of_user, of_address;
  // Devices whose requests fail again and again, by Asker::name(), whatever succeeds in between.
  BackoffTable failures{
      {.free = 100, .first = std::chrono::seconds(60), .forgive = std::chrono::seconds(2), .forgotten = std::chrono::seconds(30 * 60)}};
};

// A device as queues and tables know it.
std::string NameOf(std::string_view mailbox, std::string_view device);

// What a request that waits long keeps: whom to answer, and whose it is.
struct Asker {
  std::shared_ptr<Context> context;
  std::shared_ptr<HttpExchange> exchange;
  std::string mailbox;
  std::string device;

  std::string name() const { return NameOf(mailbox, device); }
};

struct Call : Asker {
  HttpRequest http;
  std::string login;              // the user who gave the password
  std::string network;            // of the peer
  std::uint64_t login_since = 0;  // Account::since
  Command command = Command::kOther;
  std::string named_user;                                     // by the query; empty: nobody
  int version = 0;                                            // of the protocol, in tenths; 0: not said
  bool gone = false;                                          // the connection ended before the answer
  const std::thread::id thread = std::this_thread::get_id();  // the loop's

  Engine& engine() const { return context->engine; }
  const ActiveSyncOptions& options() const { return context->options; }
  wbxml::Limits limits() const { return {.depth = options().max_wbxml_depth}; }
  // 2.5 and 12.0 name the class of each collection in Sync.
  bool NamesClasses() const { return version != 0 && version < 121; }

  template <typename Work>
  void OnLoop(Work work) const {
    exchange->Post(std::move(work));
  }
};
using CallPtr = std::shared_ptr<Call>;

inline constexpr std::string_view kContentType = "application/vnd.ms-sync.wbxml";

// 200 with a document (or none: an empty body is an answer too), and what to do once it was written.
void Answer(
    const Asker& asker, std::string document, HttpExchange::Written written = [](bool) {});
// The same, and the connection ends with it.
void AnswerAndClose(const Asker& asker, std::string document);
// A request that was not as it should be: who sends many such is turned away for a while.
void CountFailure(const Asker& asker);
void AnswerFailure(const Asker& asker, std::string document);
// Whether the device is to be turned away, whatever it asks for.
bool Blocked(const Asker& asker);
// For a PING that is held by now: the password may have been changed, or the device blocked, between the look at that and the hold. Whoever
// does it makes the looks say so first and then ends what is held; so either finds it.
void EndIfRevoked(const Call& call, PingId id);
// What waited is to wait no more: 401, or 403 if it is the device that is not wanted.
void RefuseRevoked(const Asker& asker);
// Turns away who sends more than `limit` lets in. True: it has been answered. `kind`: "the user ".
bool TooMany(const Context& context, RateLimit& limit, std::string_view kind, const std::string& who, HttpExchange& exchange);
// Turns away who has failed too often. True: it has been answered.
bool Throttle(const Asker& asker);
// Without a body but for 415, which says why: 401 names the realm, 503 the time to come back.
void Refuse(HttpExchange& exchange, int status);
void RefuseForNow(HttpExchange& exchange, std::chrono::seconds retry_after, bool close = false);
// The same for a call that has its exchange.
inline void Refuse(const Asker& asker, int status) { Refuse(*asker.exchange, status); }
inline void RefuseForNow(const Asker& asker, std::chrono::seconds retry_after) { RefuseForNow(*asker.exchange, retry_after); }

// What is told when nothing says how long an outage lasts: 5 to 15 s by chance, so that devices do not return in step.
std::chrono::seconds SomeSeconds();

// The network a peer is in, for the heartbeat statistics: the /24 of IPv4, the /48 of IPv6.
std::string NetworkOf(const std::string& peer);
// What counts as one address: that of IPv4, the /64 of IPv6.
std::string AddressOf(const std::string& peer);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_CALL_H_
