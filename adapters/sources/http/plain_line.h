// SPDX-License-Identifier: Apache-2.0
//
// PlainLine: a line of changes as nearly all are, read in one pass: a flat object of known keys, each once, with strings of printable ASCII
// without escapes and a version of digits. All else that JSON allows, and every mistake, is for json_text.h, which can say what is wrong.
//
// Threads:    pure.
// Cost:       O(bytes): a wake waits for this, and a parser that builds a tree takes some ten times as long.
// Invariants: what it takes is JSON, and the other way reads the same change in it.
// Example:    std::optional<ChangeLine> line = PlainLine(text); if (!line) { a closer look }

#ifndef MAILWAKE_SOURCES_HTTP_PLAIN_LINE_H_
#define MAILWAKE_SOURCES_HTTP_PLAIN_LINE_H_

#include <optional>
#include <string_view>

#include "adapters/sources/http/change_lines.h"

namespace mailwake::http_source {

std::optional<ChangeLine> PlainLine(std::string_view text);

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_PLAIN_LINE_H_
