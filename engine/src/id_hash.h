// SPDX-License-Identifier: Apache-2.0
//
// A short hash of an id, never 0, for scans that compare few strings.

#ifndef MAILWAKE_SRC_ID_HASH_H_
#define MAILWAKE_SRC_ID_HASH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace mailwake {

inline std::uint32_t IdHash(std::string_view id) {
  const std::uint64_t hash = std::hash<std::string_view>{}(id);
  return static_cast<std::uint32_t>(hash ^ hash >> 32) | 1;
}

// For hash maps that are asked with string views. (std::, since a packaged abseil's own string view is another type.)
struct IdHasher {
  using is_transparent = void;
  std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_ID_HASH_H_
