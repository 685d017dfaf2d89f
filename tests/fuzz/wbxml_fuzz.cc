// SPDX-License-Identifier: Apache-2.0
//
// WBXML: any bytes are parsed or refused; what was parsed is written again and parsed again, and is the same. A byte stream that begins
// with a byte above 127 is taken as choices of a document to write, so that deep ones are reached too.

#include <string>
#include <vector>

#include "mailwake/adapters/wbxml.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

using wbxml::Document;
using wbxml::Element;
using wbxml::Writer;

bool Printable(std::string_view text) { return text.find('\0') == std::string_view::npos; }

void Copy(const Element& element, Writer& out) {
  FUZZ_CHECK(!element.bytes().empty());
  if (element.HasChildren()) {
    out.Start(element.tag());
    for (const Element child : element) Copy(child, out);
    out.End();
  } else if (Printable(element.text())) {
    out.Text(element.tag(), element.text());
  } else {
    out.Opaque(element.tag(), element.text());
  }
}

void ExpectSame(const Element& a, const Element& b) {
  FUZZ_CHECK(a.tag() == b.tag());
  if (!a.HasChildren()) FUZZ_CHECK(a.text() == b.text());
  auto other = b.begin();
  for (const Element child : a) {
    FUZZ_CHECK(other != b.end());
    ExpectSame(child, *other);
    ++other;
  }
  FUZZ_CHECK(other == b.end());
}

void ParseAndCopy(std::string bytes) {
  const auto document = Document::Parse(std::move(bytes), {.depth = 16, .elements = 2000});
  if (!document.ok()) {
    FUZZ_CHECK(!document.status().message().empty());
    return;
  }
  Writer out;
  Copy(document->root(), out);
  const auto again = Document::Parse(out.document(), {.depth = 16, .elements = 2000});
  FUZZ_CHECK(again.ok());
  ExpectSame(document->root(), again->root());
}

// Tags of pages that there are, in a tree that the choices grow.
std::string Write(Choices& choices) {
  static constexpr wbxml::Tag kTags[] = {
      wbxml::ping::kPing,   wbxml::ping::kFolders, wbxml::ping::kFolder,        wbxml::ping::kId,         wbxml::ping::kClass,
      wbxml::ping::kStatus, wbxml::airsync::kSync, wbxml::airsync::kCollection, wbxml::airsync::kSyncKey, wbxml::airsync::kCollectionId};
  Writer out;
  out.Start(kTags[choices.Below(std::size(kTags))]);
  std::size_t depth = 1;
  while (!choices.done() && depth > 0) {
    const wbxml::Tag tag = kTags[choices.Below(std::size(kTags))];
    switch (choices.Below(6)) {
      case 0:
        out.Start(tag);
        ++depth;
        break;
      case 1:
        out.Text(tag, choices.Bytes(choices.Below(40)));
        break;
      case 2:
        out.Opaque(tag, choices.Bytes(choices.Below(200)));
        break;
      case 3:
        out.Empty(tag);
        break;
      case 4:
        out.Text(tag, static_cast<std::int64_t>(choices.Below(65'536)) - 32'768);
        break;
      default:
        if (depth > 1) {
          out.End();
          --depth;
        }
    }
  }
  for (; depth > 0; --depth) out.End();
  return std::move(out).document();
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake::fuzz;  // NOLINT
  if (size > 0 && data[0] > 127) {
    Choices choices(data + 1, size - 1);
    ParseAndCopy(Write(choices));
  } else {
    ParseAndCopy(std::string(Text(data, size)));
  }
  return 0;
}
