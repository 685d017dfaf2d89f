// SPDX-License-Identifier: Apache-2.0

#include "tests/index/history.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace mailwake::testing {

void Operation::SetFolders(const std::vector<std::uint8_t>& from) {
  folder_count = static_cast<std::uint16_t>(from.size());
  std::copy_n(from.begin(), std::min(from.size(), kMostFolders), folders.begin());
}

std::string History::Text() const {
  std::string text;
  for (std::size_t i = added_ < kKept ? 0 : added_ - kKept; i < added_; ++i) {
    const Operation& operation = operations_[i % kKept];
    absl::StrAppend(&text, "#", operation.number, " at ", operation.at.time_since_epoch().count(), " ms: ", operation.what);
    if (operation.device >= 0) absl::StrAppend(&text, " device-", operation.device);
    if (operation.folder_count > 0) absl::StrAppend(&text, " {");
    for (std::size_t folder = 0; folder < std::min<std::size_t>(operation.folder_count, Operation::kMostFolders); ++folder) {
      absl::StrAppend(&text, folder == 0 ? "" : " ", operation.folders[folder]);
    }
    if (operation.folder_count > Operation::kMostFolders) absl::StrAppend(&text, " ... ", operation.folder_count, " in all");
    if (operation.folder_count > 0) absl::StrAppend(&text, "}");
    absl::StrAppend(&text, operation.more);
    if (operation.value != 0) absl::StrAppend(&text, " ", operation.value);
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace mailwake::testing
