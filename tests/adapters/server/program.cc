// SPDX-License-Identifier: Apache-2.0

#include "tests/adapters/server/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace mailwake::test {

TempDir::TempDir() {
  std::string pattern = testing::TempDir() + "mailwake.XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::Write(const std::string& name, const std::string& text) const {
  const std::string path = *this / name;
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Program::Program(const std::vector<std::string>& words, const std::string& input) {
  files_.Write("in", input);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string in = files_ / "in";
  const std::string out = files_ / "out";
  const std::string err = files_ / "err";
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<std::string> copy = {MAILWAKE_PROGRAM};
  copy.insert(copy.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : copy) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (::posix_spawn(&pid_, MAILWAKE_PROGRAM, &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
}

Program::~Program() {
  if (!Running()) return;
  Signal(SIGKILL);
  Wait();
}

void Program::Signal(int signal) {
  if (pid_ > 0) ::kill(pid_, signal);
}

bool Program::Running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return false;
}

Result Program::Wait() {
  if (!Eventually([this] { return !Running(); })) {
    Signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    exit_code_ = -1;
  }
  return {.exit_code = exit_code_, .out = out(), .err = err()};
}

void End(pid_t process) {
  ASSERT_GT(process, 1);
  EXPECT_EQ(::kill(process, SIGTERM), 0);
  const std::string image = "/proc/" + std::to_string(process) + "/exe";  // it may stay a zombie, who has none
  std::error_code gone;
  EXPECT_TRUE(Eventually([&] { return std::filesystem::read_symlink(image, gone).empty(); }));
}

bool Eventually(const std::function<bool()>& condition, std::chrono::seconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace mailwake::test
