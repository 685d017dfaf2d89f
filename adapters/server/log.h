// SPDX-License-Identifier: Apache-2.0
//
// The server's log: one line a message on standard error, whatever a message holds.
//
// Threads:    from any thread; a line goes out in one write.
// Invariants: control characters are escaped, so that no input can forge a line. Passwords and tokens are never passed here.
// Example:    LogInfo("store: " + path);   // 2025-01-31T23:59:59.999Z info  store: mailwake.db

#ifndef MAILWAKE_SERVER_LOG_H_
#define MAILWAKE_SERVER_LOG_H_

#include <string>
#include <string_view>

namespace mailwake::server {

void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

// "\n" becomes the two characters \n, other control characters \xHH.
std::string OneLine(std::string_view text);
// What somebody else has said, in the middle of a message: in double quotes, of which there are none within.
std::string Quoted(std::string_view text);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_LOG_H_
