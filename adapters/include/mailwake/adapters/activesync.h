// SPDX-License-Identifier: Apache-2.0
//
// Exchange ActiveSync without sockets: turns requests into PINGs, syncs and folder syncs of an engine, and their ends into answers.
// Protocol versions 2.5 to 16.1; both forms of the query; OPTIONS, Ping, Sync, FolderSync, Provision, Settings. The whole map:
// docs/activesync.md.
//
// Threads:    handler() may be called on several loops at once; each exchange is answered on its own.
// Example:    auto front = NewActiveSync(engine, authenticator, state, nullptr, {});
//             server.Handle("/Microsoft-Server-ActiveSync", front->handler());

#ifndef MAILWAKE_ADAPTERS_ACTIVESYNC_H_
#define MAILWAKE_ADAPTERS_ACTIVESYNC_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/adapters/authenticator.h"
#include "mailwake/adapters/front_state.h"
#include "mailwake/adapters/http.h"
#include "mailwake/engine.h"

namespace mailwake {

// The host's item data. Without one, a Sync answers its SyncKey handshake and moves cursors, and carries no items.
class SyncProvider {
 public:
  struct Request {
    std::string mailbox;
    std::string device;
    std::string folder;
    ItemClass item_class = ItemClass::kEmail;
    std::string state;     // what the provider returned with the last answer the device has; empty: the device has nothing
    std::string commands;  // the <Commands> element of the request as WBXML tokens on page 0, empty if none
    std::string options;   // the last <Options> elements that the device sent for the folder, in the same form
    int window_size = 100;
    bool get_changes = true;  // false: the device wants its commands applied and nothing else
  };
  struct Answer {
    std::string state;            // to be given with the next request, once the device has this answer; at most 64 KiB
    std::string commands;         // <Commands> and <Responses> to put into the answer, as WBXML tokens that start and end on page 0
    bool more_available = false;  // the folder was not served whole: its cursor does not move
  };
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Answer>)>;

  virtual ~SyncProvider() = default;
  // Called on a request's loop; must not block. `done` runs on any thread, also before the call returns, exactly once.
  // Errors: NotFound (status 8), Unavailable (16), others (5). Whatever is given must have been readable when the call was made. A state
  // may come twice: then the device lost the answer in between, and gets everything after that state again.
  virtual void Sync(Request request, Callback done) = 0;
};

struct ActiveSyncOptions {
  std::chrono::seconds heartbeat_min{60};  // bounds that Sync's status 14 tells; PING's come from the engine
  std::chrono::seconds heartbeat_max{3540};
  int max_folders = 300;  // of a Sync: status 15
  std::size_t max_wbxml_depth = 32;
  std::size_t max_waiting_requests = 8;          // of one device, for its state; over it 503
  Acknowledge acknowledge = Acknowledge::kSync;  // as in the engine's options
  std::size_t requests_per_user_minute = 0;      // and as many at once; over it 503. 0: any number
  std::size_t requests_per_address_minute = 0;   // the same; an IPv6 address is its /64
  // Told of each request that was over one of them: "the user ann". On the request's loop. May be left out.
  std::function<void(const std::string& who)> too_many_requests = {};
  // Told of each wrong user or password, as they came, with the peer's address; on the request's loop. May be left out.
  std::function<void(const std::string& user, const std::string& peer)> login_refused = {};
  // Whether the device is turned away: 403. Asked with each request, on its loop, and once more for each PING that is held; after it began
  // to say so, end what the device holds (Engine::EndDevice). May be left out.
  std::function<bool(std::string_view mailbox, std::string_view device)> blocked = {};
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

class ActiveSync {
 public:
  virtual ~ActiveSync() = default;
  // For POST and OPTIONS of /Microsoft-Server-ActiveSync. The front end must outlive the handler's last use.
  virtual HttpHandler handler() = 0;
  // How much longer the device is turned away (503, "X-MS-ASThrottle: CommandFrequency"), since too many of its requests
  // failed: more than 100 at once and 30 a minute; then it waits a minute, longer each time. Zero: it is not. What succeeds is never too
  // often for this, and does not make up for what fails.
  virtual std::chrono::seconds Throttled(std::string_view mailbox, std::string_view device) const = 0;
};

// All arguments must outlive the result; `provider` may be null.
std::unique_ptr<ActiveSync> NewActiveSync(Engine& engine, Authenticator& authenticator, FrontState& state, SyncProvider* provider,
                                          const ActiveSyncOptions& options);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_ACTIVESYNC_H_
