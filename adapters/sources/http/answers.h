// SPDX-License-Identifier: Apache-2.0
//
// The answers of /v1: JSON objects, errors as {"error":"..."}, store trouble as 503 with Retry-After.
//
// Threads:    pure.

#ifndef MAILWAKE_SOURCES_HTTP_ANSWERS_H_
#define MAILWAKE_SOURCES_HTTP_ANSWERS_H_

#include <absl/status/status.h>

#include <memory>
#include <string>
#include <string_view>

#include "adapters/sources/http/json_text.h"
#include "mailwake/adapters/http.h"
#include "mailwake/engine.h"

namespace mailwake::http_source {

using ExchangePtr = std::shared_ptr<HttpExchange>;

HttpResponse JsonAnswer(int status, const OrderedJson& json);
// 200. `text` is JSON; a newline is added.
HttpResponse JsonTextAnswer(std::string text);
HttpResponse ErrorAnswer(int status, std::string_view error);
// InvalidArgument: 400. All else: 503 with Retry-After.
HttpResponse ErrorAnswer(const absl::Status& status);
HttpResponse WrongMethod(std::string_view allowed);

// Answers `success`, a JSON text, once the engine says that everything is durable.
Engine::DoneCallback AnswerWhenDurable(ExchangePtr exchange, std::string success);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_ANSWERS_H_
