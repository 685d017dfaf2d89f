// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "adapters/fronts/wbxml/tokens.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::wbxml {
namespace {

constexpr std::uint32_t kUtf8 = 106;
constexpr std::uint32_t kAscii = 3;

// The elements that a document may be: one for each command.
constexpr std::array<Tag, 19> kRoots = {
    airsync::kSync,    // 0
    MakeTag(5, 0x05),  // MoveItems
    MakeTag(6, 0x05),  // GetItemEstimate
    MakeTag(7, 0x13),  // FolderCreate
    MakeTag(7, 0x14),  // FolderDelete
    MakeTag(7, 0x15),  // FolderUpdate
    folder_hierarchy::kFolderSync,
    MakeTag(8, 0x07),       // MeetingResponse
    MakeTag(10, 0x05),      // ResolveRecipients
    MakeTag(11, 0x05),      // ValidateCert
    ping::kPing,            // 13
    provision::kProvision,  // 14
    MakeTag(15, 0x05),      // Search
    settings::kSettings,    // 18
    MakeTag(20, 0x05),      // ItemOperations
    MakeTag(21, 0x05),      // SendMail
    MakeTag(21, 0x06),      // SmartForward
    MakeTag(21, 0x07),      // SmartReply
    MakeTag(25, 0x05),      // Find
};

}  // namespace

// One pass over the bytes. An open element keeps its parent's index where its end will stand, so that depth costs no stack.
class Parser {
 public:
  Parser(Document& document, const Limits& limits) : document_(document), limits_(limits) {}

  absl::Status Run() {
    if (document_.bytes_.size() > std::numeric_limits<std::uint32_t>::max() / 2) return absl::ResourceExhaustedError("wbxml: over 2 GiB");
    if (!Header()) return error_;
    do {
      if (!Next()) return error_;
    } while (document_.nodes_.empty() || open_ != Document::kNone);
    return absl::OkStatus();
  }

 private:
  // False, and error_ says why: the rest of the parser, too.
  bool Error(std::string_view what) {
    error_ = absl::InvalidArgumentError(absl::StrCat("wbxml: ", absl::string_view(what.data(), what.size()), " at byte ", at_));
    return false;
  }
  bool TooMuch(const std::string& what) {
    error_ = absl::ResourceExhaustedError(what);
    return false;
  }
  bool Ends() { return Error("the document ends too early"); }
  bool Byte(std::uint8_t& byte) {
    if (at_ >= document_.bytes_.size()) return false;
    byte = static_cast<std::uint8_t>(document_.bytes_[at_++]);
    return true;
  }
  bool Number(std::uint32_t& value);
  bool Header();
  bool Next();
  bool StartElement(std::uint8_t token);
  bool InlineText();
  bool OpaqueText();
  void AddText(std::uint32_t offset, std::uint32_t size);

  Document& document_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::uint8_t page_ = 0;
  std::size_t depth_ = 0;
  std::uint32_t open_ = Document::kNone;     // the innermost element that has not ended
  std::uint32_t sibling_ = Document::kNone;  // its last child so far
  absl::Status error_;
};

bool Parser::Number(std::uint32_t& value) {
  std::uint64_t sum = 0;
  for (int i = 0; i < 5; ++i) {
    std::uint8_t byte = 0;
    if (!Byte(byte)) return Ends();
    sum = sum << 7 | (byte & 0x7F);
    if ((byte & 0x80) == 0) {
      if (sum > std::numeric_limits<std::uint32_t>::max()) return Error("a number over 32 bits");
      value = static_cast<std::uint32_t>(sum);
      return true;
    }
  }
  return Error("a number of more than five bytes");
}

bool Parser::Header() {
  std::uint8_t version = 0;
  if (!Byte(version)) return Error("an empty document");
  if (version < 0x01 || version > 0x03) return Error("not WBXML 1.1 to 1.3");
  std::uint32_t public_id = 0, charset = 0, table = 0;
  if (!Number(public_id)) return false;
  if (public_id == 0) {  // then it is a string, by its place in the string table; the name itself matters to nobody
    if (!Number(public_id)) return false;
  }
  if (!Number(charset)) return false;
  if (charset != kUtf8 && charset != kAscii) return Error("a charset other than UTF-8");
  if (!Number(table)) return false;
  if (table > document_.bytes_.size() - at_) return Ends();
  at_ += table;  // nothing may refer to it: STR_T is refused
  return true;
}

bool Parser::Next() {
  std::uint8_t token = 0;
  if (!Byte(token)) return Ends();
  if (token == kSwitchPage) {
    std::uint8_t page = 0;
    if (!Byte(page)) return Ends();
    if (page > kLastPage) return Error("an unknown code page");
    page_ = page;
    return true;
  }
  if ((token & kTokenMask) >= kFirstTagToken) return StartElement(token);
  if (open_ == Document::kNone) return Error("content outside the root element");
  if (token == kEnd) {
    sibling_ = open_;
    open_ = std::exchange(document_.nodes_[open_].end, static_cast<std::uint32_t>(at_));
    --depth_;
    return true;
  }
  if (token == kStrI) return InlineText();
  if (token == kOpaque) return OpaqueText();
  return Error("a token that ActiveSync does not use");
}

bool Parser::StartElement(std::uint8_t token) {
  if ((token & kAttributeBit) != 0) return Error("an element with attributes");
  const Tag tag = MakeTag(page_, token & kTokenMask);
  std::vector<Document::Node>& nodes = document_.nodes_;
  if (nodes.empty() && std::find(kRoots.begin(), kRoots.end(), tag) == kRoots.end()) return Error("no command has this root element");
  if (nodes.size() >= limits_.elements) return TooMuch(absl::StrCat("wbxml: over ", limits_.elements, " elements"));
  const auto index = static_cast<std::uint32_t>(nodes.size());
  nodes.push_back({.tag = tag, .begin = static_cast<std::uint32_t>(at_ - 1), .end = static_cast<std::uint32_t>(at_)});
  if (open_ != Document::kNone) (sibling_ == Document::kNone ? nodes[open_].child : nodes[sibling_].next) = index;
  sibling_ = index;
  if ((token & kContentBit) != 0) {
    if (depth_++ >= limits_.depth) return TooMuch(absl::StrCat("wbxml: nested deeper than ", limits_.depth));
    nodes[index].end = std::exchange(open_, index);
    sibling_ = Document::kNone;
  }
  return true;
}

bool Parser::InlineText() {
  const char* start = document_.bytes_.data() + at_;
  const void* nul = std::memchr(start, 0, document_.bytes_.size() - at_);
  if (nul == nullptr) return Error("a string without its end");
  const auto size = static_cast<std::uint32_t>(static_cast<const char*>(nul) - start);
  const auto offset = static_cast<std::uint32_t>(at_);
  at_ += size + 1;
  AddText(offset, size);
  return true;
}

bool Parser::OpaqueText() {
  std::uint32_t size = 0;
  if (!Number(size)) return false;
  if (size > document_.bytes_.size() - at_) return Error("opaque data longer than the document");
  const auto offset = static_cast<std::uint32_t>(at_);
  at_ += size;
  AddText(offset, size);
  return true;
}

void Parser::AddText(std::uint32_t offset, std::uint32_t size) {
  Document::Node& node = document_.nodes_[open_];
  if (size == 0) return;
  if (node.text_size == 0) {
    node.text = offset;
    node.text_size = size;
    return;
  }
  if (!node.joined) {
    document_.joined_.emplace_back(document_.bytes_.data() + node.text, node.text_size);
    node.joined = true;
    node.text = static_cast<std::uint32_t>(document_.joined_.size() - 1);
  }
  document_.joined_[node.text].append(document_.bytes_.data() + offset, size);
  node.text_size += size;
}

absl::StatusOr<Document> Document::Parse(std::string bytes, const Limits& limits) {
  Document document;
  document.bytes_ = std::move(bytes);
  document.nodes_.reserve(std::min<std::size_t>(document.bytes_.size() / 4, 256));
  if (absl::Status status = Parser(document, limits).Run(); !status.ok()) return status;
  return document;
}

}  // namespace mailwake::wbxml
