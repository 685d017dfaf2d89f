// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/text_file.h"

#include <absl/strings/str_cat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace mailwake::server {

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  const auto failed = [&] { return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno))); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), [](std::FILE* f) { return std::fclose(f); });
  if (file == nullptr) return failed();
  std::string text;
  char part[65536];
  while (const std::size_t size = std::fread(part, 1, sizeof part, file.get())) text.append(part, size);
  if (std::ferror(file.get()) != 0) return failed();  // a directory opens, and cannot be read
  return text;
}

}  // namespace mailwake::server
