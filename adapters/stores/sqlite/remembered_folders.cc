// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/remembered_folders.h"

namespace mailwake {
namespace {

constexpr std::size_t kHeaderBytes = 5;

}  // namespace

std::string EncodeFolders(const std::vector<RememberedFolder>& folders) {
  std::string bytes;
  for (const RememberedFolder& folder : folders) {
    bytes.push_back(static_cast<char>(folder.item_class));
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(folder.id.size() >> shift));
    bytes += folder.id;
  }
  return bytes;
}

std::optional<std::vector<RememberedFolder>> DecodeFolders(std::string_view bytes) {
  std::vector<RememberedFolder> folders;
  while (!bytes.empty()) {
    if (bytes.size() < kHeaderBytes) return std::nullopt;
    const auto item_class = static_cast<unsigned char>(bytes[0]);
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[1 + i])) << (8 * i);
    bytes.remove_prefix(kHeaderBytes);
    if (item_class >= kItemClasses || size > bytes.size()) return std::nullopt;
    folders.push_back({.id = std::string(bytes.substr(0, size)), .item_class = static_cast<ItemClass>(item_class)});
    bytes.remove_prefix(size);
  }
  return folders;
}

}  // namespace mailwake
