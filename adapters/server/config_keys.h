// SPDX-License-Identifier: Apache-2.0
//
// The keys of the TOML file: one row a key, with what it takes and where it goes.
//
// Threads:    pure.
// Invariants: a key that has no row, or a value that its row does not take, is an error that names file, line, column, key and what is
//             allowed.

#ifndef MAILWAKE_SERVER_CONFIG_KEYS_H_
#define MAILWAKE_SERVER_CONFIG_KEYS_H_

#include <absl/status/status.h>

#include <string>
#include <string_view>

#include "adapters/server/config.h"

namespace mailwake::server {

// Sets what `text` names and leaves the rest. Errors: InvalidArgument; `config` may be half set then.
absl::Status ApplyToml(std::string_view text, const std::string& file, Config& config);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_CONFIG_KEYS_H_
