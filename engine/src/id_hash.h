// SPDX-License-Identifier: Apache-2.0
//
// The hash of ids: two 64-bit multiplications for an id of up to 32 bytes, in the manner of wyhash (Wang Yi, public domain). The same in
// every process, so that a seed reproduces a run.

#ifndef MAILWAKE_SRC_ID_HASH_H_
#define MAILWAKE_SRC_ID_HASH_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mailwake {
namespace id_hash {

__extension__ using Wide = unsigned __int128;

inline std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <typename Word>
std::uint64_t Read(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace id_hash

inline std::uint64_t HashBytes(std::string_view text) {
  using id_hash::Mix;
  using id_hash::Read;
  constexpr std::uint64_t kOne = 0xA0761D6478BD642F, kTwo = 0xE7037ED1A0B428DB;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = Mix(left ^ kOne, kTwo);
  for (; left > 16; left -= 16, at += 16) state = Mix(Read<std::uint64_t>(at) ^ kOne, Read<std::uint64_t>(at + 8) ^ state);
  std::uint64_t low = 0, high = 0;
  if (left >= 8) {
    low = Read<std::uint64_t>(at);
    high = Read<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    low = Read<std::uint32_t>(at);
    high = Read<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    low = static_cast<std::uint64_t>(static_cast<unsigned char>(at[0])) << 16 |
          static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 | static_cast<unsigned char>(at[left - 1]);
  }
  return Mix(low ^ kTwo, high ^ state);
}

// Whether two ids are the same; quick for short ones.
inline bool SameId(std::string_view a, std::string_view b) {
  using id_hash::Read;
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  const auto differ = [&]<typename Word>(Word) {
    const std::size_t last = size - sizeof(Word);
    return (Read<Word>(a.data()) ^ Read<Word>(b.data())) | (Read<Word>(a.data() + last) ^ Read<Word>(b.data() + last));
  };
  if (size >= 8) return differ(std::uint64_t{}) == 0;
  if (size >= 4) return differ(std::uint32_t{}) == 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// A short one, for scans that compare few strings.
inline std::uint32_t IdHash(std::string_view id) { return static_cast<std::uint32_t>(HashBytes(id)); }

// A mailbox's id with its hash, which is computed once a call: the lower half chooses in a shard's table, the upper the shard.
struct MailboxKey {
  MailboxKey(std::string_view mailbox) : id(mailbox), hash(HashBytes(mailbox)) {}  // NOLINT: implicit, as the id
  std::string_view id;
  std::uint64_t hash;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_ID_HASH_H_
