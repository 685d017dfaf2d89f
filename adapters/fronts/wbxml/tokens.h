// SPDX-License-Identifier: Apache-2.0
//
// The bytes of WBXML 1.3 (WAP-192) that ActiveSync uses.

#ifndef MAILWAKE_FRONTS_WBXML_TOKENS_H_
#define MAILWAKE_FRONTS_WBXML_TOKENS_H_

#include <cstdint>

namespace mailwake::wbxml {

inline constexpr std::uint8_t kSwitchPage = 0x00;
inline constexpr std::uint8_t kEnd = 0x01;
inline constexpr std::uint8_t kStrI = 0x03;
inline constexpr std::uint8_t kOpaque = 0xC3;
inline constexpr std::uint8_t kContentBit = 0x40;
inline constexpr std::uint8_t kAttributeBit = 0x80;
inline constexpr std::uint8_t kFirstTagToken = 0x05;  // below it, in each quarter, are the global tokens
inline constexpr std::uint8_t kTokenMask = 0x3F;

}  // namespace mailwake::wbxml

#endif  // MAILWAKE_FRONTS_WBXML_TOKENS_H_
