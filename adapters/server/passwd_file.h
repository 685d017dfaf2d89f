// SPDX-License-Identifier: Apache-2.0
//
// Dovecot passwd-file lines: "name:{SCHEME}value", further fields after the next colon are ignored. Blank lines and those that begin with
// "#" say nothing.
//
// Threads:    pure.
// Invariants: every bad line is named with its number, and nothing is returned then; no password stands in an error.

#ifndef MAILWAKE_SERVER_PASSWD_FILE_H_
#define MAILWAKE_SERVER_PASSWD_FILE_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/adapters/account_store.h"

namespace mailwake::server {

// Whether a name can be an account: 1 to 320 bytes, no colon (Basic authentication cannot carry it), no control character.
absl::Status CheckUserName(std::string_view name);

// `import` turns "{SCHEME}value" into what is stored. Errors: InvalidArgument, one line a bad line.
absl::StatusOr<std::vector<AccountRecord>> ParsePasswdFile(std::string_view text, const std::string& file,
                                                           const std::function<absl::StatusOr<std::string>(std::string_view)>& import);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_PASSWD_FILE_H_
