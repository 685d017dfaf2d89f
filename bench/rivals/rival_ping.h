// SPDX-License-Identifier: Apache-2.0
//
// RivalPing: a PING as the rivals hold it: the object of its connection, made once. And the fingerprint by which they know a folder of a
// mailbox: 64 bits instead of two strings, which is kind to them (two folders that share one would be woken together).
//
// Threads:    none of its own.
// Example:    const auto folders = FingerprintsOf(keys, key);

#ifndef MAILWAKE_BENCH_RIVALS_RIVAL_PING_H_
#define MAILWAKE_BENCH_RIVALS_RIVAL_PING_H_

#include <absl/functional/any_invocable.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "bench/index/ended.h"
#include "bench/index/keys.h"

namespace mailwake::bench {

using Completion = absl::AnyInvocable<void(End)>;

inline std::uint64_t Fingerprint(std::string_view text) { return std::hash<std::string_view>{}(text); }
inline std::uint64_t FolderFingerprint(std::uint64_t mailbox, std::string_view folder) {
  return (mailbox ^ Fingerprint(folder)) * 0x9E3779B97F4A7C15;
}

inline std::array<std::uint64_t, kWatched> FingerprintsOf(const Keys& keys, const Key& key) {
  const std::uint64_t mailbox = Fingerprint(key.mailbox());
  const auto watched = keys.WatchedBy(key);
  std::array<std::uint64_t, kWatched> folders;
  for (std::size_t i = 0; i < kWatched; ++i) folders[i] = FolderFingerprint(mailbox, keys.FolderOf(key.ping, watched[i]).id);
  return folders;
}

inline Completion CompletionOf(std::uint32_t ping) {
  return [ping](End end) { Ended::Here().Add(ping, end); };
}

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_RIVALS_RIVAL_PING_H_
