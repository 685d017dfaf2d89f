// SPDX-License-Identifier: Apache-2.0
//
// The bytes of an answer: status line, header and body in one piece, so that one write sends them.
//
// Threads:    pure.
// Invariants: no text of a header can end its line: control characters become spaces.
// Example:    std::string bytes = ResponseText(response, {.keep_alive = true, .date = "Mon, 01 Jan 2024 00:00:00 GMT"});

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_RESPONSE_TEXT_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_RESPONSE_TEXT_H_

#include <ctime>
#include <string>
#include <string_view>

#include "mailwake/adapters/http.h"

namespace mailwake::internal {

struct ResponseContext {
  bool keep_alive = true;
  bool http_1_0 = false;  // of the request
  bool head = false;      // the request was HEAD: all but the body
  std::string_view date = {};
};

inline constexpr std::string_view kContinueText = "HTTP/1.1 100 Continue\r\n\r\n";

std::string ResponseText(const HttpResponse& response, const ResponseContext& context);

// "Mon, 01 Jan 2024 00:00:00 GMT"
std::string HttpDate(std::time_t time);

// A plain answer of one line.
HttpResponse TextResponse(int status, std::string_view line);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_RESPONSE_TEXT_H_
