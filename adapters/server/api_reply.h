// SPDX-License-Identifier: Apache-2.0
//
// What /v1 answered when it did not do what it was asked, in words for the one who typed the command.
//
// Threads:    pure.

#ifndef MAILWAKE_SERVER_API_REPLY_H_
#define MAILWAKE_SERVER_API_REPLY_H_

#include <absl/status/status.h>

#include <string>

#include "adapters/server/https_client.h"

namespace mailwake::server {

// The server's sentence; for a token that it does not take, which option gave it.
std::string ErrorOf(const HttpsReply& reply, const std::string& token_file);

// InvalidArgument for HTTP 400, Unavailable for all else.
absl::Status ReplyStatus(const HttpsReply& reply, const std::string& error);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_API_REPLY_H_
