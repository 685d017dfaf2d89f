// SPDX-License-Identifier: Apache-2.0
//
// Live PINGs and explanations as JSON, for GET /v1/pings and GET /v1/explain.
//
// Threads:    pure.

#ifndef MAILWAKE_SOURCES_HTTP_VIEWS_H_
#define MAILWAKE_SOURCES_HTTP_VIEWS_H_

#include <string>
#include <string_view>

#include "adapters/sources/http/json_text.h"
#include "mailwake/report.h"

namespace mailwake::http_source {

// "2025-01-31T23:59:59.999Z"
std::string TimeText(Time time);
OrderedJson ViewOf(const PingView& ping);
OrderedJson ViewOf(std::string_view mailbox, std::string_view device, const Explanation& explanation);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_VIEWS_H_
