// SPDX-License-Identifier: Apache-2.0
//
// What every fuzzer shares: each is one function over bytes, LLVMFuzzerTestOneInput, and dies if something that must hold does not.
//
// Two programs are made of it: with libFuzzer (clang, preset fuzz), which searches; and with replay_main.cc (any compiler), which runs the
// files of a corpus, so that what was once found is tested in every build.
//
// Threads:    one thread.
// Example:    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { Use(Input(data, size)); return 0; }

#ifndef MAILWAKE_TESTS_FUZZ_FUZZ_H_
#define MAILWAKE_TESTS_FUZZ_FUZZ_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Not gtest's: a fuzzer dies at once, so that libFuzzer keeps the input.
#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace mailwake::fuzz {

inline std::string_view Text(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

// The bytes as a row of choices. Past the end every choice is the first one.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : left_(Text(data, size)) {}

  bool done() const { return left_.empty(); }
  std::uint8_t Byte() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  // Below `bound`, which is at most 65,536.
  std::size_t Below(std::size_t bound) {
    const std::size_t low = Byte();
    return (bound > 256 ? low | std::size_t{Byte()} << 8 : low) % bound;
  }
  bool Coin() { return (Byte() & 1) != 0; }
  std::string_view Bytes(std::size_t size) {
    const std::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(bytes.size());
    return bytes;
  }
  std::string_view Rest() { return Bytes(left_.size()); }

 private:
  std::string_view left_;
};

}  // namespace mailwake::fuzz

#endif  // MAILWAKE_TESTS_FUZZ_FUZZ_H_
