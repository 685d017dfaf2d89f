// SPDX-License-Identifier: Apache-2.0
//
// `mailwake folders`: declares the folder list of a mailbox, a JSON array from a file or from standard input.

#include <absl/strings/str_cat.h>

#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/server/api_reply.h"
#include "adapters/server/commands.h"
#include "adapters/server/https_client.h"
#include "adapters/server/log.h"
#include "adapters/server/secret_file.h"
#include "adapters/server/text_file.h"

namespace mailwake::server {

int Run(const FoldersArguments& arguments) {
  const absl::StatusOr<std::string> token = ReadTokenFile(arguments.token_file);
  if (!token.ok()) return Fail(token.status());
  const absl::StatusOr<std::unique_ptr<HttpsClient>> client = HttpsClient::Create(arguments.server);
  if (!client.ok()) return Fail(client.status());
  const absl::StatusOr<std::string> list =
      arguments.file == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : ReadTextFile(arguments.file);
  if (!list.ok()) return Fail(list.status());
  const absl::StatusOr<HttpsReply> reply =
      (*client)->Send({.method = "PUT",
                       .target = absl::StrCat("/v1/mailboxes/", PercentEncode(arguments.mailbox), "/folders"),
                       .headers = {{"Authorization", "Bearer " + *token}, {"Content-Type", "application/json"}},
                       .body = *list});
  if (!reply.ok()) return Fail(reply.status());
  const auto json = nlohmann::json::parse(reply->body, nullptr, false);
  if (reply->status != 200 || !json.is_object()) {
    return Fail(ReplyStatus(*reply, absl::StrCat(ErrorOf(*reply, arguments.token_file), " (HTTP ", reply->status, ")")));
  }
  std::cout << "declared " << json.value("folders", std::size_t{0}) << " folders of " << OneLine(arguments.mailbox) << std::endl;
  return 0;
}

}  // namespace mailwake::server
