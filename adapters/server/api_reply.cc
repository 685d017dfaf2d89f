// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/api_reply.h"

#include <absl/strings/str_cat.h>

#include <nlohmann/json.hpp>

namespace mailwake::server {

std::string ErrorOf(const HttpsReply& reply, const std::string& token_file) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  const bool told = json.is_object() && json.contains("error") && json["error"].is_string();
  std::string error = told ? json["error"].get<std::string>() : reply.body;
  if (reply.status != 401) return error;
  return absl::StrCat("the server does not take the token of --token-file ", token_file, ": ", error);
}

absl::Status ReplyStatus(const HttpsReply& reply, const std::string& error) {
  return reply.status == 400 ? absl::InvalidArgumentError(error) : absl::UnavailableError(error);
}

}  // namespace mailwake::server
