// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/packed_cursors.h"

#include <algorithm>
#include <vector>

namespace mailwake {
namespace {

struct Cursor {
  std::string_view folder;
  Version cursor;
};

void AppendNumber(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
  bytes.push_back(static_cast<char>(number));
}

bool TakeNumber(std::string_view& bytes, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool Take(std::string_view& bytes, Cursor& cursor) {
  std::uint64_t size = 0;
  if (!TakeNumber(bytes, size) || size > bytes.size()) return false;
  cursor.folder = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return TakeNumber(bytes, cursor.cursor);
}

}  // namespace

void AppendCursor(std::string& packed, std::string_view folder, Version cursor) {
  AppendNumber(packed, folder.size());
  packed += folder;
  AppendNumber(packed, cursor);
}

std::optional<std::string> MergeCursors(std::string_view packed, std::span<const CursorRecord> set) {
  std::vector<Cursor> cursors;
  while (!packed.empty()) {
    if (!Take(packed, cursors.emplace_back())) return std::nullopt;
  }
  const auto before = [](const Cursor& a, std::string_view folder) { return a.folder < folder; };
  for (const CursorRecord& record : set) {
    auto at = std::lower_bound(cursors.begin(), cursors.end(), record.folder, before);
    if (at == cursors.end() || at->folder != record.folder) at = cursors.insert(at, Cursor{record.folder, 0});
    at->cursor = record.cursor;
  }
  std::string merged;
  for (const Cursor& cursor : cursors) {
    if (cursor.cursor != 0) AppendCursor(merged, cursor.folder, cursor.cursor);
  }
  return merged;
}

bool UnpackCursors(std::string_view packed, Reused<CursorRecord>& cursors) {
  while (!packed.empty()) {
    Cursor cursor;
    if (!Take(packed, cursor)) return false;
    CursorRecord& record = cursors.Next();
    record.folder = cursor.folder;
    record.cursor = cursor.cursor;
  }
  return true;
}

}  // namespace mailwake
