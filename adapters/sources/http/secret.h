// SPDX-License-Identifier: Apache-2.0
//
// Secret: a word that others must know, kept as a hash of it.
//
// Threads:    const calls from any thread.
// Invariants: the time that Is takes follows from the length of what was given, and from nothing else.
// Example:    const Secret token(options.token); if (!token.Is(given)) return Refuse();

#ifndef MAILWAKE_SOURCES_HTTP_SECRET_H_
#define MAILWAKE_SOURCES_HTTP_SECRET_H_

#include <array>
#include <string_view>

namespace mailwake::http_source {

class Secret {
 public:
  explicit Secret(std::string_view word);

  bool Is(std::string_view given) const;

 private:
  std::array<unsigned char, 32> hash_;
};

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_SECRET_H_
