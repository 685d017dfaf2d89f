// SPDX-License-Identifier: Apache-2.0
//
// HttpsClient: a blocking HTTPS client for the commands that talk to a server. One connection, kept open between requests.
//
// Threads:    one at a time.
// Example:    auto client = HttpsClient::Create({.url = "https://127.0.0.1:8443", .ca_file = "cert.pem"}).value();
//             HttpsReply reply = client->Send({.method = "GET", .target = "/healthz"}).value();

#ifndef MAILWAKE_SERVER_HTTPS_CLIENT_H_
#define MAILWAKE_SERVER_HTTPS_CLIENT_H_

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/server/arguments.h"

namespace mailwake::server {

struct HttpsMessage {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::chrono::seconds timeout{30};  // for the whole answer
};

struct HttpsReply {
  int status = 0;
  std::string body;
};

class HttpsClient {
 public:
  // Errors: InvalidArgument (the URL is not https://HOST[:PORT], the CA file cannot be read).
  static absl::StatusOr<std::unique_ptr<HttpsClient>> Create(const ServerArguments& server);
  virtual ~HttpsClient() = default;

  // Connects if needed. Errors: Unavailable (no connection, or it broke), Unauthenticated (the certificate is not trusted: says what to
  // do), DeadlineExceeded.
  virtual absl::StatusOr<HttpsReply> Send(const HttpsMessage& message) = 0;
};

// A byte string as it may stand in a path segment or a query value.
std::string PercentEncode(const std::string& text);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_HTTPS_CLIENT_H_
