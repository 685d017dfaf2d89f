// SPDX-License-Identifier: Apache-2.0
//
// What a caller may pass to the engine: each check says what is wrong, and with what.
//
// Threads:    any.
// Cost:       CheckId and CheckChange a few comparisons, no allocation, if all is well.
// Example:    if (absl::Status status = CheckChange(change); !status.ok()) return status;

#ifndef MAILWAKE_SRC_ARGUMENTS_H_
#define MAILWAKE_SRC_ARGUMENTS_H_

#include <absl/status/status.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "mailwake/engine.h"
#include "mailwake/options.h"
#include "mailwake/types.h"

namespace mailwake {

// InvalidArgument, for an id that is empty or longer than `most` bytes.
absl::Status WrongId(std::string_view what, std::string_view id, std::size_t most);
inline absl::Status CheckId(std::string_view what, std::string_view id, std::size_t most) {
  return !id.empty() && id.size() <= most ? absl::OkStatus() : WrongId(what, id, most);
}

absl::Status CheckChange(const Change& change);
absl::Status CheckFolders(const std::vector<DeclaredFolder>& folders, std::size_t most);
absl::Status CheckOptions(const Options& options);

}  // namespace mailwake

#endif  // MAILWAKE_SRC_ARGUMENTS_H_
