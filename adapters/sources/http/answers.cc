// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/answers.h"

#include <string>
#include <utility>

#include "mailwake/adapters/http_text.h"

namespace mailwake::http_source {

HttpResponse JsonTextAnswer(std::string text) {
  text += '\n';
  return {.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = std::move(text)};
}

HttpResponse JsonAnswer(int status, const OrderedJson& json) {
  HttpResponse answer = JsonTextAnswer(Write(json));
  answer.status = status;
  return answer;
}

HttpResponse ErrorAnswer(int status, std::string_view error) { return JsonAnswer(status, {{"error", error}}); }

HttpResponse ErrorAnswer(const absl::Status& status) {
  const std::string message = status.message().empty() ? status.ToString() : std::string(status.message());
  if (absl::IsInvalidArgument(status)) return ErrorAnswer(400, message);
  if (absl::IsFailedPrecondition(status)) return ErrorAnswer(422, message);  // the same again would end the same
  HttpResponse answer = ErrorAnswer(503, message);
  answer.headers.emplace_back("Retry-After", std::to_string(SomeSeconds(3, 10)));
  return answer;
}

HttpResponse WrongMethod(std::string_view allowed) {
  HttpResponse answer = ErrorAnswer(405, "this path takes " + std::string(allowed) + " only");
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

Engine::DoneCallback AnswerWhenDurable(ExchangePtr exchange, std::string success) {
  return [exchange = std::move(exchange), success = std::move(success)](const absl::Status& durable) mutable {
    exchange->Respond(durable.ok() ? JsonTextAnswer(std::move(success)) : ErrorAnswer(durable));
  };
}

}  // namespace mailwake::http_source
