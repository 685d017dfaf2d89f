// SPDX-License-Identifier: Apache-2.0
//
// A device's cursors as one value of its row: for each folder the length of its id, its id and the cursor, sorted by id. Numbers are
// little-endian base 128, seven bits a byte, the high bit says that more follow.
//
// Threads:    pure functions.
// Example:    std::optional<std::string> packed = MergeCursors(stored, {{"inbox", 7}});

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_PACKED_CURSORS_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_PACKED_CURSORS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mailwake/store.h"

namespace mailwake {

// Puts one more at the end. REQUIRES: its folder sorts after those that are there.
void AppendCursor(std::string& packed, std::string_view folder, Version cursor);
// `packed` with some cursors set, or removed (0). nullopt: `packed` is not what these functions make.
std::optional<std::string> MergeCursors(std::string_view packed, std::span<const CursorRecord> set);
// Adds them to `cursors`. False: as above.
bool UnpackCursors(std::string_view packed, Reused<CursorRecord>& cursors);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_PACKED_CURSORS_H_
