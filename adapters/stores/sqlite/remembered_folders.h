// SPDX-License-Identifier: Apache-2.0
//
// The folder list of a PING as one value of a row: for each folder its class (1 byte), the length of its id (4 bytes, little-endian), its
// id.
//
// Threads:    pure functions.

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_REMEMBERED_FOLDERS_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_REMEMBERED_FOLDERS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/store.h"

namespace mailwake {

std::string EncodeFolders(const std::vector<RememberedFolder>& folders);
// nullopt: not what EncodeFolders makes.
std::optional<std::vector<RememberedFolder>> DecodeFolders(std::string_view bytes);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_REMEMBERED_FOLDERS_H_
