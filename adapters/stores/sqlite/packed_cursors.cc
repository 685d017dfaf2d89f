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

// One pass over both; what is not set is copied as it stands.
std::optional<std::string> MergeCursors(std::string_view packed, std::span<const CursorRecord> set) {
  std::vector<const CursorRecord*> sorted;
  for (const CursorRecord& record : set) sorted.push_back(&record);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->folder < b->folder; });
  std::string merged;
  merged.reserve(packed.size() + 32 * set.size());
  auto next = sorted.begin();
  const auto append_next = [&] {
    const CursorRecord& record = **next++;
    const bool again = next != sorted.end() && (*next)->folder == record.folder;  // the last one counts
    if (!again && record.cursor != 0) AppendCursor(merged, record.folder, record.cursor);
  };
  while (!packed.empty()) {
    Cursor stored;
    const char* const begin = packed.data();
    if (!Take(packed, stored)) return std::nullopt;
    while (next != sorted.end() && (*next)->folder < stored.folder) append_next();
    const bool replaced = next != sorted.end() && (*next)->folder == stored.folder;
    if (!replaced) merged.append(begin, packed.data());
  }
  while (next != sorted.end()) append_next();
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
