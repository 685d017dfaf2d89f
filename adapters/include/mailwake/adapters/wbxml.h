// SPDX-License-Identifier: Apache-2.0
//
// WBXML as ActiveSync uses it (MS-ASWBXML): a reader that checks a whole document once, and a writer. For servers and clients alike.
//
// Threads:    plain values.
// Cost:       Parse is one pass without recursion; under 40 bytes an element; text is not copied.
// Invariants: (1) Parse never reads outside the document and never holds more than its limits allow, whatever the bytes say;
//             (2) the writer never writes a needless page switch, so that answers are equal byte for byte to Exchange's.
// Example:    auto document = wbxml::Document::Parse(body).value();
//             for (wbxml::Element folder : document.root().Child(wbxml::ping::kFolders)) Use(folder.Child(wbxml::ping::kId).text());
//             wbxml::Writer out; out.Start(wbxml::ping::kPing); out.Text(wbxml::ping::kStatus, "1"); out.End(); Send(out.document());

#ifndef MAILWAKE_ADAPTERS_WBXML_H_
#define MAILWAKE_ADAPTERS_WBXML_H_

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailwake/adapters/wbxml_tags.h"

namespace mailwake::wbxml {

struct Limits {
  std::size_t depth = 32;
  std::size_t elements = 65'536;
};

class Document;

// An element of a document, or nothing (an optional child that is not there): every call on nothing answers empty. It and its
// views are valid until the document is moved or gone. Iterating goes over the children in their order.
class Element {
 public:
  class Iterator;

  Element() = default;
  explicit operator bool() const { return document_ != nullptr; }
  Tag tag() const;
  // What stands directly in the element, STR_I and OPAQUE alike; empty if nothing does.
  std::string_view text() const;
  // The first child of that tag.
  Element Child(Tag tag) const;
  bool Has(Tag tag) const { return static_cast<bool>(Child(tag)); }
  bool HasChildren() const;
  // The element as its bytes, start tag to END. They begin on the element's own code page and may end on another.
  std::string_view bytes() const;
  Iterator begin() const;
  Iterator end() const;
  friend bool operator==(const Element&, const Element&) = default;

 private:
  friend class Document;
  Element(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  Element Next() const;
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

class Document {
 public:
  // Errors: InvalidArgument says what is wrong and at which byte; ResourceExhausted if a limit is passed. Unknown tags are kept (skip what
  // you do not know), unknown code pages, attributes, entities, string references and extensions are errors; an unknown root is one too.
  // Bytes after the root element are ignored, as other servers do.
  static absl::StatusOr<Document> Parse(std::string bytes, const Limits& limits = {});

  Document(Document&&) = default;
  Document& operator=(Document&&) = default;
  Element root() const& { return {this, 0}; }
  Element root() && = delete;

 private:
  friend class Element;
  friend class Parser;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Node {
    Tag tag = 0;
    bool joined = false;     // text lies in joined_, not in bytes_
    std::uint32_t text = 0;  // offset, or index into joined_
    std::uint32_t text_size = 0;
    std::uint32_t child = kNone;
    std::uint32_t next = kNone;
    std::uint32_t begin = 0;  // of the element in bytes_
    std::uint32_t end = 0;
  };
  Document() = default;

  std::string bytes_;
  std::vector<Node> nodes_;
  std::vector<std::string> joined_;  // text that came in several pieces
};

class Element::Iterator {
 public:
  Element operator*() const { return element_; }
  Iterator& operator++() {
    element_ = element_.Next();
    return *this;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  friend class Element;
  explicit Iterator(Element element) : element_(element) {}
  Element element_;
};

inline Tag Element::tag() const { return document_ == nullptr ? Tag{0} : document_->nodes_[index_].tag; }

inline std::string_view Element::text() const {
  if (document_ == nullptr) return {};
  const Document::Node& node = document_->nodes_[index_];
  if (node.joined) return document_->joined_[node.text];
  return {document_->bytes_.data() + node.text, node.text_size};
}

inline Element Element::Child(Tag tag) const {
  for (Element child : *this) {
    if (child.tag() == tag) return child;
  }
  return {};
}

inline bool Element::HasChildren() const { return document_ != nullptr && document_->nodes_[index_].child != Document::kNone; }

inline std::string_view Element::bytes() const {
  if (document_ == nullptr) return {};
  const Document::Node& node = document_->nodes_[index_];
  return {document_->bytes_.data() + node.begin, node.end - node.begin};
}

inline Element::Iterator Element::begin() const {
  return Iterator(HasChildren() ? Element(document_, document_->nodes_[index_].child) : Element());
}
inline Element::Iterator Element::end() const { return Iterator(Element()); }

inline Element Element::Next() const {
  const std::uint32_t next = document_->nodes_[index_].next;
  return next == Document::kNone ? Element() : Element(document_, next);
}

class Writer {
 public:
  // With a document's header, or bare tokens that start on page 0 (to be put into another writer with Raw).
  enum class Form { kDocument, kTokens };
  explicit Writer(Form form = Form::kDocument);

  void Start(Tag tag);
  void End();
  // An element with text; without content if the text is empty. A NUL ends the text: STR_I cannot hold one.
  void Text(Tag tag, std::string_view text);
  void Text(Tag tag, std::int64_t number);
  void Empty(Tag tag);
  void Opaque(Tag tag, std::string_view bytes);
  // Tokens that start and end on page 0.
  void Raw(std::string_view tokens);

  // REQUIRES: every Start has its End.
  std::string document() &&;
  std::string document() const& { return Writer(*this).document(); }

 private:
  void Tagged(Tag tag, bool content);

  std::string out_;
  std::uint8_t page_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace mailwake::wbxml

#endif  // MAILWAKE_ADAPTERS_WBXML_H_
