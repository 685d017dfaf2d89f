// SPDX-License-Identifier: Apache-2.0
//
// `mailwake explain`: what the server says of a device, for people.

#include <absl/strings/str_cat.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/server/api_reply.h"
#include "adapters/server/commands.h"
#include "adapters/server/https_client.h"
#include "adapters/server/log.h"
#include "adapters/server/secret_file.h"

namespace mailwake::server {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(const Json& json, const char* key) {
  const auto at = json.find(key);
  if (at == json.end() || at->is_null()) return {};
  return OneLine(at->is_string() ? at->get<std::string>() : at->dump());
}

void PrintEnd(const char* head, const Json& end) {
  std::cout << head << Text(end, "reason") << " at " << Text(end, "time");
  if (end.contains("folder")) std::cout << ", by folder " << Text(end, "folder") << " at version " << Text(end, "version");
  std::cout << '\n';
}

void Print(const Json& view) {
  std::cout << "device " << Text(view, "device") << " of " << Text(view, "mailbox") << '\n';
  const Json waiting = view.value("waiting", Json());
  if (waiting.is_object()) {
    std::cout << "waits since " << Text(waiting, "since") << " until " << Text(waiting, "deadline") << " (" << Text(waiting, "kind")
              << ")\n";
  } else {
    std::cout << "does not wait\n";
  }
  if (const std::string why = Text(view, "why"); !why.empty()) std::cout << why << '\n';
  if (const std::string left = Text(view, "throttled_s"); !left.empty()) {
    std::cout << "turned away for " << left << " s more (503): too many of its requests have failed\n";
  }
  if (view.value("blocked", false)) std::cout << "blocked: every request of it is refused (mailwake device unblock)\n";
  for (const Json& folder : view.value("folders", Json::array())) {
    std::cout << "  folder " << Text(folder, "id") << " (" << Text(folder, "class") << "): version " << Text(folder, "version")
              << ", synced to " << Text(folder, "cursor") << (folder.value("behind", false) ? ", behind" : "") << '\n';
  }
  const Json last = view.value("last_end", Json());
  if (last.is_object()) PrintEnd("last PING: ", last);
  for (const Json& end : view.value("ends", Json::array())) PrintEnd("  before: ", end);
}

}  // namespace

int Run(const ExplainArguments& arguments) {
  const absl::StatusOr<std::string> token = ReadTokenFile(arguments.token_file);
  if (!token.ok()) return Fail(token.status());
  const absl::StatusOr<std::unique_ptr<HttpsClient>> client = HttpsClient::Create(arguments.server);
  if (!client.ok()) return Fail(client.status());
  std::string target = "/v1/explain?device=" + PercentEncode(arguments.device);
  if (!arguments.mailbox.empty()) target += "&mailbox=" + PercentEncode(arguments.mailbox);
  const absl::StatusOr<HttpsReply> reply = (*client)->Send({.target = target, .headers = {{"Authorization", "Bearer " + *token}}});
  if (!reply.ok()) return Fail(reply.status());
  const Json json = Json::parse(reply->body, nullptr, false);
  if (reply->status != 200 || !json.is_object()) {
    return Fail(absl::UnavailableError(absl::StrCat(ErrorOf(*reply, arguments.token_file), " (HTTP ", reply->status, ")")));
  }
  if (arguments.json) {
    std::cout << reply->body << std::flush;
  } else {
    Print(json);
  }
  return 0;
}

}  // namespace mailwake::server
