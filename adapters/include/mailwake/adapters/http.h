// SPDX-License-Identifier: Apache-2.0
//
// The seam between HTTP servers and the protocols that they carry: a request, a response, an exchange. A front end that is written against
// this runs on any HTTP server; fronts/https is one.
//
// Threads:    an exchange belongs to one event loop: it is created and told of its end there. Respond and Post may be called from any
//             thread; the other members are for the exchange's loop only.
// Invariants: (1) an exchange is answered at most once; later answers are ignored;
//             (2) `gone` runs at most once, and never after Respond was called;
//             (3) `written` runs exactly once for the answer that counts, on the exchange's loop; others are destroyed unrun.

#ifndef MAILWAKE_ADAPTERS_HTTP_H_
#define MAILWAKE_ADAPTERS_HTTP_H_

#include <absl/functional/any_invocable.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/ping.h"

namespace mailwake {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // as sent: "POST"
  std::string target;   // from the path on, else as sent, percent-encoding and all: "/Microsoft-Server-ActiveSync?Cmd=Ping"
  HttpHeaders headers;  // names as sent; look them up with Header()
  std::string body;
  std::string peer;  // "192.0.2.7"
  // It was sent before the answer to the one before it: that this has come does not show that the answer has arrived.
  bool early = false;
};

// The first header of that name, any case; empty if there is none.
std::string_view Header(const HttpRequest& request, std::string_view name);

// The body is not what it stands for, but gzip or the like of it: answer 415.
bool HasContentCoding(const HttpRequest& request);

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // Content-Length, Date and Connection are the server's
  std::string body;
  bool close = false;  // ask for the end of the connection: "Connection: close"
};

class HttpExchange {
 public:
  using Written = absl::AnyInvocable<void(bool whole)>;

  virtual ~HttpExchange() = default;

  // Answers. `written(true)` runs after the last byte was handed to the operating system, `written(false)` if that failed.
  virtual void Respond(HttpResponse response, Written written) = 0;
  void Respond(HttpResponse response) {
    Respond(std::move(response), [](bool) {});
  }

  // Runs `gone` if the connection ends before the answer. Replaces what was set before; set nullptr to drop it.
  virtual void OnGone(absl::AnyInvocable<void()> gone) = 0;

  // The engine's id of this exchange's event loop: hold PINGs with it.
  virtual LoopId loop() const = 0;

  // Runs `work` on this exchange's loop.
  virtual void Post(absl::AnyInvocable<void()> work) = 0;

  // The connection is this user's, as the front end has found out; empty: somebody's who is known and not counted, as who has the ingest
  // token. To be said of each request. False: the user has as many as one may; answer 503 and close. The server may count or not: true is
  // always right. Loop only.
  virtual bool BelongsTo(std::string_view) { return true; }

  // A word of the front end's own that lives as long as the connection and starts empty. Loop only.
  virtual std::string& connection_note() = 0;
};

// Called on the exchange's loop, once the request was read whole. Must not block.
using HttpHandler = std::function<void(HttpRequest request, std::shared_ptr<HttpExchange> exchange)>;

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_HTTP_H_
