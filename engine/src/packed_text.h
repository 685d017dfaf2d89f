// SPDX-License-Identifier: Apache-2.0
//
// PackedText: an unchanging text in one word and as many bytes as it needs. For ids of mailboxes and devices.
//
// Threads:    none of its own.
// Invariants: at most 65,535 bytes.

#ifndef MAILWAKE_SRC_PACKED_TEXT_H_
#define MAILWAKE_SRC_PACKED_TEXT_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace mailwake {

class PackedText {
 public:
  explicit PackedText(std::string_view text) : bytes_(new char[sizeof(std::uint16_t) + text.size()]) {
    const auto size = static_cast<std::uint16_t>(text.size());
    std::memcpy(bytes_.get(), &size, sizeof size);
    std::memcpy(bytes_.get() + sizeof size, text.data(), size);
  }

  std::string_view view() const {
    std::uint16_t size;
    std::memcpy(&size, bytes_.get(), sizeof size);
    return {bytes_.get() + sizeof size, size};
  }
  operator std::string_view() const { return view(); }  // NOLINT: as a string
  std::string str() const { return std::string(view()); }

 private:
  std::unique_ptr<char[]> bytes_;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_PACKED_TEXT_H_
