// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/supervisor.h"

#include <absl/strings/str_cat.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/server/log.h"

namespace mailwake::server {

void TellReady() {
  const char* const socket_name = std::getenv("NOTIFY_SOCKET");
  if (socket_name == nullptr) return;
  const std::string_view path(socket_name);
  sockaddr_un name{};
  if (path.empty() || path.size() >= sizeof(name.sun_path)) return;
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, path.size());
  if (path.front() == '@') name.sun_path[0] = '\0';  // an abstract one: no file
  const std::string text = absl::StrCat("READY=1\nMAINPID=", ::getpid(), "\n");
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&name), size) < 0)
    LogWarning(absl::StrCat("NOTIFY_SOCKET: ", std::strerror(errno)));
  ::close(socket);
}

absl::Status StartNext() {
  std::vector<std::string> words;
  std::ifstream line("/proc/self/cmdline");
  for (std::string word; std::getline(line, word, '\0');) words.push_back(word);
  if (words.empty()) return absl::UnavailableError("cannot read /proc/self/cmdline");
  if (std::ranges::find(words, "--take-over") == words.end()) words.emplace_back("--take-over");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::signal(SIGCHLD, SIG_IGN);  // how it ends is in its log
  static std::atomic<pid_t> next = 0;
  if (next > 0 && ::kill(next, 0) == 0) return absl::UnavailableError(absl::StrCat("pid ", next.load(), " is about to take over already"));
  // It gets none of our files: with our sockets it would hold on to what we close, and could be asked by itself.
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  pid_t started = 0;
  const int error = ::posix_spawnp(&started, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::UnavailableError(absl::StrCat("cannot start ", words.front(), ": ", std::strerror(error)));
  next = started;
  LogInfo(absl::StrCat("started ", words.front(), " (pid ", started, ") to take over"));
  return absl::OkStatus();
}

}  // namespace mailwake::server
