// SPDX-License-Identifier: Apache-2.0
//
// The form of SQLite's log: a header, then frames, each a header and a page (https://www.sqlite.org/fileformat2.html#walformat).
//
// Example:    wal::SetWord(log, wal::FrameAt(2), 7); wal::Mend(log);  // the third frame is of page 7 now, and believed

#ifndef MAILWAKE_TESTS_FUZZ_WAL_H_
#define MAILWAKE_TESTS_FUZZ_WAL_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace mailwake::wal {

inline constexpr std::size_t kHeader = 32;
inline constexpr std::size_t kFrameHeader = 24;
inline constexpr std::size_t kFrame = kFrameHeader + 4096;

inline std::size_t FrameAt(std::size_t frame) { return kHeader + frame * kFrame; }

// Big-endian, as all numbers of the form.
inline void SetWord(std::string& log, std::size_t at, std::uint32_t word) {
  if (at + 4 > log.size()) return;
  for (std::size_t i = 0; i < 4; ++i) log[at + i] = static_cast<char>(word >> (24 - 8 * i));
}

// The checksum runs on from frame to frame over words in the order of the machine that wrote it: here the lowest byte first.
struct Checksum {
  std::uint32_t first = 0, second = 0;

  void Add(const std::string& log, std::size_t at, std::size_t size) {
    for (std::size_t end = at + size; at < end; at += 8) {
      first += Word(log, at) + second;
      second += Word(log, at + 4) + first;
    }
  }
  void Write(std::string& log, std::size_t at) const {
    SetWord(log, at, first);
    SetWord(log, at + 4, second);
  }

 private:
  static std::uint32_t Word(const std::string& log, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 4; i-- > 0;) word = word << 8 | static_cast<unsigned char>(log[at + i]);
    return word;
  }
};

// Makes all checksums right, and every frame one of this log, by its salts.
inline void Mend(std::string& log) {
  if (log.size() < kHeader) return;
  SetWord(log, 0, 0x377f0682);
  Checksum sum;
  sum.Add(log, 0, 24);
  sum.Write(log, 24);
  for (std::size_t at = kHeader; at + kFrame <= log.size(); at += kFrame) {
    log.replace(at + 8, 8, log, 16, 8);
    sum.Add(log, at, 8);
    sum.Add(log, at + kFrameHeader, kFrame - kFrameHeader);
    sum.Write(log, at + 16);
  }
}

}  // namespace mailwake::wal

#endif  // MAILWAKE_TESTS_FUZZ_WAL_H_
