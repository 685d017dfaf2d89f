// SPDX-License-Identifier: Apache-2.0
//
// A declared folder list as JSON: an array of {"id","name","class","type"?,"parent"?}.
//
// Threads:    pure.
// Invariants: the whole list or an error that counts the bad folder from 1; no id twice; parents are in the list, and form no
//             ring; a type is one of its class.

#ifndef MAILWAKE_SOURCES_HTTP_FOLDER_LIST_H_
#define MAILWAKE_SOURCES_HTTP_FOLDER_LIST_H_

#include <absl/status/statusor.h>

#include <string_view>
#include <vector>

#include "mailwake/types.h"

namespace mailwake::http_source {

absl::StatusOr<std::vector<DeclaredFolder>> ParseFolderList(std::string_view body);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_FOLDER_LIST_H_
