// SPDX-License-Identifier: Apache-2.0
//
// `mailwake publish`: one change from the command line, or NDJSON lines from standard input in requests of bounded size.

#include <absl/strings/str_cat.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/server/api_reply.h"
#include "adapters/server/commands.h"
#include "adapters/server/https_client.h"
#include "adapters/server/secret_file.h"
#include "mailwake/types.h"

namespace mailwake::server {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;  // of one request

using Json = nlohmann::ordered_json;

class Publisher {
 public:
  Publisher(HttpsClient& client, const std::string& token, const std::string& token_file)
      : client_(client), token_(token), token_file_(token_file) {}

  // `line`: the number of the body's first line in the whole input.
  absl::Status Post(const std::string& body, std::size_t line) {
    const absl::StatusOr<HttpsReply> reply =
        client_.Send({.method = "POST",
                      .target = "/v1/changes",
                      .headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/x-ndjson"}},
                      .body = body});
    if (!reply.ok()) return reply.status();
    const Json json = Json::parse(reply->body, nullptr, false);
    if (reply->status == 200 && json.is_object() && json.contains("accepted") && json["accepted"].is_number_unsigned()) {
      accepted_ += json["accepted"].get<std::size_t>();
      return absl::OkStatus();
    }
    std::string error = ErrorOf(*reply, token_file_);
    if (json.is_object() && json.contains("line") && json["line"].is_number_unsigned()) {
      error = absl::StrCat("line ", line - 1 + json["line"].get<std::size_t>(), ": ", error);
    }
    error = absl::StrCat(error, " (HTTP ", reply->status, "; ", accepted_, " changes were accepted before)");
    return ReplyStatus(*reply, error);
  }

  std::size_t accepted() const { return accepted_; }

 private:
  HttpsClient& client_;
  const std::string& token_;
  const std::string& token_file_;
  std::size_t accepted_ = 0;
};

absl::Status PostInput(Publisher& publisher) {
  std::string body;
  std::string line;
  std::size_t first = 1;
  std::size_t count = 0;
  while (std::getline(std::cin, line)) {
    if (!body.empty() && body.size() + line.size() >= kMostBytes) {
      if (absl::Status posted = publisher.Post(body, first); !posted.ok()) return posted;
      first += count;
      count = 0;
      body.clear();
    }
    body += line;
    body += '\n';
    ++count;
  }
  return body.empty() ? absl::OkStatus() : publisher.Post(body, first);
}

absl::StatusOr<std::string> LineOf(const PublishArguments& arguments) {
  if (!ParseItemClass(arguments.item_class)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--class is \"", arguments.item_class, "\": allowed are email, calendar, contacts, tasks, notes"));
  }
  if (!ParseChangeKind(arguments.kind)) {
    return absl::InvalidArgumentError(absl::StrCat("--kind is \"", arguments.kind, "\": allowed are added, changed, deleted, flags"));
  }
  Json line = {{"mailbox", arguments.mailbox}, {"folder", arguments.folder}, {"class", arguments.item_class}, {"kind", arguments.kind}};
  if (!arguments.device.empty()) line["device"] = arguments.device;
  try {
    return line.dump() + "\n";
  } catch (const Json::exception&) {
    return absl::InvalidArgumentError("MAILBOX, FOLDER and --device must be UTF-8");
  }
}

}  // namespace

int Run(const PublishArguments& arguments) {
  const absl::StatusOr<std::string> token = ReadTokenFile(arguments.token_file);
  if (!token.ok()) return Fail(token.status());
  const absl::StatusOr<std::unique_ptr<HttpsClient>> client = HttpsClient::Create(arguments.server);
  if (!client.ok()) return Fail(client.status());
  Publisher publisher(**client, *token, arguments.token_file);
  absl::Status posted;
  if (arguments.folder.empty()) {
    posted = PostInput(publisher);
  } else {
    const absl::StatusOr<std::string> line = LineOf(arguments);
    if (!line.ok()) return Fail(line.status());
    posted = publisher.Post(*line, 1);
  }
  if (!posted.ok()) return Fail(posted);
  std::cout << "accepted " << publisher.accepted() << std::endl;
  return 0;
}

}  // namespace mailwake::server
