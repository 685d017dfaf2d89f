// SPDX-License-Identifier: Apache-2.0
//
// Program: the program `mailwake` as a process of its own.
//
// Threads:    one at a time.
// Invariants: a process that a Program started is gone when the Program is.
// Example:    Result result = Program({"user", "add", "ann"}, "secret\n").Wait(); EXPECT_EQ(result.exit_code, 0) << result.err;

#ifndef MAILWAKE_TESTS_ADAPTERS_SERVER_PROGRAM_H_
#define MAILWAKE_TESTS_ADAPTERS_SERVER_PROGRAM_H_

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mailwake::test {

// A directory of its own, removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file, readable by its owner only, and answers its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

struct Result {
  int exit_code = -1;  // 128 + signal if one ended it
  std::string out;
  std::string err;
};

class Program {
 public:
  explicit Program(const std::vector<std::string>& words, const std::string& input = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal);
  // Waits until it ended, at most a minute: then it is killed, and the exit code is -1.
  Result Wait();
  bool Running();
  // What it has written so far.
  std::string out() const { return ReadFile(files_ / "out"); }
  std::string err() const { return ReadFile(files_ / "err"); }

 private:
  TempDir files_;
  pid_t pid_ = -1;  // -1: ended
  int exit_code_ = -1;
};

// SIGTERM to a process that somebody else started; waits until it has ended.
void End(pid_t process);

// Looks every 10 ms until `condition` holds. False: it did not within `patience`.
bool Eventually(const std::function<bool()>& condition, std::chrono::seconds patience = std::chrono::seconds(60));

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ADAPTERS_SERVER_PROGRAM_H_
