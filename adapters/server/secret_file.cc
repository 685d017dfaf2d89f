// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/secret_file.h"

#include <absl/strings/str_cat.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "adapters/server/log.h"
#include "adapters/server/text_file.h"

namespace mailwake::server {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr char kBlanks[] = " \t\r\n";

// Standard input's terminal without echo, while this lives.
class NoEcho {
 public:
  NoEcho() : changed_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
  }
  ~NoEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  const bool changed_;
};

}  // namespace

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  struct stat info {};
  if (!file || ::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the token file ", path, ": ", std::strerror(errno == 0 ? EISDIR : errno),
                                                   "; make one with: openssl rand -hex 32 > ", path));
  }
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxBytes) return absl::InvalidArgumentError(absl::StrCat("the token file ", path, " has over ", kMaxBytes, " bytes"));
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the token file ", path, " is empty: fill it with: openssl rand -hex 32 > ", path));
  }
  text = text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; })) {
    return absl::InvalidArgumentError(
        absl::StrCat("the token file ", path, " holds a blank or a byte beyond ASCII inside the token: a token is one word"));
  }
  if ((info.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    LogWarning(absl::StrCat("the token file ", path, " can be read by others: chmod 600 ", path));
  }
  return text;
}

absl::StatusOr<std::string> ReadPassword(const std::string& prompt, const std::string& file) {
  std::string password;
  if (!file.empty()) {
    absl::StatusOr<std::string> text = ReadTextFile(file);
    if (!text.ok()) return text.status();
    password = text->substr(0, text->find('\n'));
  } else if (::isatty(STDIN_FILENO) != 0) {
    std::cerr << prompt << std::flush;
    const NoEcho quiet;
    std::getline(std::cin, password);
    std::cerr << '\n';
  } else {
    std::getline(std::cin, password);
  }
  if (!password.empty() && password.back() == '\r') password.pop_back();
  if (password.empty()) {
    return absl::InvalidArgumentError(file.empty() ? "no password: give one line on standard input"
                                                   : absl::StrCat("the password file ", file, " begins with an empty line"));
  }
  if (password.size() > kMaxBytes) return absl::InvalidArgumentError(absl::StrCat("the password has over ", kMaxBytes, " bytes"));
  return password;
}

}  // namespace mailwake::server
