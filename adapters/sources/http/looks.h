// SPDX-License-Identifier: Apache-2.0
//
// What an operator looks at: GET /v1/pings, GET /v1/explain, GET /metrics.
//
// Threads:    const calls from any thread; Observe before the first.
// Cost:       an explanation without a mailbox walks up to 200,000 live PINGs; one with a mailbox is cheap.

#ifndef MAILWAKE_SOURCES_HTTP_LOOKS_H_
#define MAILWAKE_SOURCES_HTTP_LOOKS_H_

#include <boost/signals2/connection.hpp>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "adapters/sources/http/recent_devices.h"
#include "adapters/sources/http/target.h"
#include "mailwake/adapters/http.h"
#include "mailwake/adapters/http_source.h"
#include "mailwake/engine.h"
#include "mailwake/observers.h"

namespace mailwake::http_source {

class Looks {
 public:
  // REQUIRES: `options` lives as long.
  Looks(Engine& engine, const HttpSourceOptions& options);

  HttpResponse Pings(const RequestTarget& target) const;
  HttpResponse Explain(const RequestTarget& target) const;
  HttpResponse Metrics() const;

 private:
  std::set<std::string> MailboxesOf(std::string_view device) const;

  Engine& engine_;
  const HttpSourceOptions& options_;
  const std::shared_ptr<RecentDevices> recent_;  // shared with the observer, which may still run when this is gone
  const boost::signals2::scoped_connection ended_;
};

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_LOOKS_H_
