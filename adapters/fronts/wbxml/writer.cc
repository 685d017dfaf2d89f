// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <cassert>
#include <utility>

#include "adapters/fronts/wbxml/tokens.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::wbxml {
namespace {

// WBXML 1.3, public id "unknown", UTF-8, no string table.
constexpr std::string_view kHeader("\x03\x01\x6A\x00", 4);

void AppendLength(std::string& out, std::size_t value) {
  char bytes[10];
  std::size_t n = 0;
  do {
    bytes[n++] = static_cast<char>(value & 0x7F);
    value >>= 7;
  } while (value != 0);
  while (n-- > 0) out.push_back(static_cast<char>(bytes[n] | (n > 0 ? 0x80 : 0)));
}

}  // namespace

Writer::Writer(Form form) {
  if (form == Form::kDocument) out_.assign(kHeader);
}

void Writer::Tagged(Tag tag, bool content) {
  if (Page(tag) != page_) {
    page_ = Page(tag);
    out_.push_back(static_cast<char>(kSwitchPage));
    out_.push_back(static_cast<char>(page_));
  }
  out_.push_back(static_cast<char>(Token(tag) | (content ? kContentBit : 0)));
}

void Writer::Start(Tag tag) {
  Tagged(tag, true);
  ++depth_;
}

void Writer::End() {
  assert(depth_ > 0);
  --depth_;
  out_.push_back(static_cast<char>(kEnd));
}

void Writer::Text(Tag tag, std::string_view text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return Empty(tag);
  Tagged(tag, true);
  out_.push_back(static_cast<char>(kStrI));
  out_.append(text);
  out_.push_back('\0');
  out_.push_back(static_cast<char>(kEnd));
}

void Writer::Text(Tag tag, std::int64_t number) { Text(tag, std::string_view(absl::StrCat(number))); }

void Writer::Empty(Tag tag) { Tagged(tag, false); }

void Writer::Opaque(Tag tag, std::string_view bytes) {
  Tagged(tag, true);
  out_.push_back(static_cast<char>(kOpaque));
  AppendLength(out_, bytes.size());
  out_.append(bytes);
  out_.push_back(static_cast<char>(kEnd));
}

void Writer::Raw(std::string_view tokens) {
  if (tokens.empty()) return;
  if (page_ != 0) {
    page_ = 0;
    out_.append(std::string_view("\0\0", 2));
  }
  out_.append(tokens);
}

std::string Writer::document() && {
  assert(depth_ == 0);
  return std::move(out_);
}

}  // namespace mailwake::wbxml
