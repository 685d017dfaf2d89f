// SPDX-License-Identifier: Apache-2.0
//
// The /v1 HTTP surface: where a mail server's hook reports changes, folder lists and syncs, and where an operator looks in.
//
// Threads:    handler() may be called on several loops at once.
// Invariants: (1) nothing happens without the bearer token, which is compared in constant time;
//             (2) a request with a bad line changes nothing;
//             (3) 200 means durable.
// Example:    auto source = NewHttpSource(engine, {.token = token}); server.Handle("/v1/", source->handler());

#ifndef MAILWAKE_ADAPTERS_HTTP_SOURCE_H_
#define MAILWAKE_ADAPTERS_HTTP_SOURCE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mailwake/adapters/http.h"
#include "mailwake/engine.h"

namespace mailwake {

struct HttpSourceOptions {
  std::string token;                               // empty: every request is refused
  std::function<std::string()> more_metrics = {};  // Prometheus text that GET /metrics adds
  // How much longer a front end turns the device away, for GET /v1/explain.
  std::function<std::chrono::seconds(std::string_view mailbox, std::string_view device)> throttled = {};
  std::function<bool(std::string_view mailbox, std::string_view device)> blocked = {};  // it is refused, for the same
};

class HttpSource {
 public:
  virtual ~HttpSource() = default;
  virtual HttpHandler handler() = 0;  // for "/v1/", "/metrics" and "/healthz"
};

std::unique_ptr<HttpSource> NewHttpSource(Engine& engine, HttpSourceOptions options);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_HTTP_SOURCE_H_
